// The registry of the Kafka protocol: key, name and the two messages of each API, in the order of their keys.
// Everything that needs to know which APIs exist reads it from here.

import { metadataRequest, metadataResponse } from './metadata.ts'

export const apis = {
  metadata: { key: 3, name: 'Metadata', request: metadataRequest, response: metadataResponse },
} as const

export type ApiName = keyof typeof apis
