// What a consumer puts into JoinGroup: its subscription, version 0 of the consumer protocol.

import { Writer } from '@samsa/proto/wire/writer'

export function subscription(topics: readonly string[]): Buffer {
  const writer = new Writer()
  writer.int16(0)
  writer.int32(topics.length)
  for (const topic of topics) {
    const bytes = Buffer.byteLength(topic)
    writer.int16(bytes)
    writer.text(topic, bytes)
  }
  // No user data.
  writer.int32(-1)
  return writer.toBuffer()
}
