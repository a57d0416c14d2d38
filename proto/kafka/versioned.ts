// Messages that carry their own version as an int16 in front, as those that are stored in a log
// or passed through the broker do. Owns that prefix and nothing else.

import type { Message } from '../wire/message.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'

export function encodeVersioned<In>(
  message: Message<unknown, In>,
  value: In,
  version: number,
): Buffer {
  const writer = new Writer()
  writer.int16(version)
  message.encode(writer, value, version)
  return writer.toBuffer()
}

export interface DecodeVersionedOptions {
  /**
   * What a version newer than ours means: bytes we cannot read, or our newest with more behind
   * it.
   */
  readonly newer?: 'refuse' | 'readAsNewest'
}

/**
 * Decodes the version and the message. Throws DecodeError, also for a version that is not known.
 */
export function decodeVersioned<Out>(
  message: Message<Out, never>,
  bytes: Buffer,
  { newer = 'refuse' }: DecodeVersionedOptions = {},
): Out {
  const reader = new Reader(bytes)
  const version = reader.int16()
  const { max } = message.versions
  return message.decode(reader, newer === 'readAsNewest' && version > max ? max : version)
}
