// Random UUIDs in Kafka's text form: 22 characters of URL-safe base64. None starts with a dash, so
// that tools never take one for an option; Kafka does the same.

import { randomBytes } from 'node:crypto'

export function randomUuid(): string {
  for (;;) {
    const bytes = randomBytes(16)
    bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
    const text = bytes.toString('base64url')
    if (!text.startsWith('-')) return text
  }
}
