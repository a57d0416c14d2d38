// Endpoints as records hold them: the security protocol by its number.

import { MetadataRecordError } from './errors.ts'
import type { Endpoint } from './image.ts'

export const securityProtocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const

export interface EndpointFields {
  readonly listener: string
  readonly host: string
  readonly port: number
  readonly securityProtocol: number
}

export function endpointFields(endpoint: Endpoint): EndpointFields {
  const { listener, host, port, securityProtocol } = endpoint
  return { listener, host, port, securityProtocol: securityProtocols.indexOf(securityProtocol) }
}

export function endpointOf(fields: EndpointFields): Endpoint {
  const { listener, host, port } = fields
  const securityProtocol = securityProtocols[fields.securityProtocol]
  if (securityProtocol === undefined) {
    throw new MetadataRecordError(
      `listener ${listener} has security protocol ${fields.securityProtocol}: no such`,
    )
  }
  return { listener, host, port, securityProtocol }
}
