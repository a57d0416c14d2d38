// Puts a ReadResponse together without copying its records once more: the batches are read from the
// log into memory with some room in front, and everything else of the message is written there.
// Protobuf's fields may come in any order, so that the batches can be the last.

import { ReadResponse, type ReadResponseInit } from '@samsa/proto/grpc/gen/storage'

/** Room in front of the records; they move where a list of aborted transactions needs more. */
export const headroomBytes = 128

/** All of a response but its records. */
export type ReadProgress = Omit<ReadResponseInit, 'records' | 'batches'>

export interface OutgoingResponse {
  readonly progress: ReadProgress
  /**
   * Field 1 or 2 as it goes out, tags included, as a view with room in front; may be empty. Null
   * once it is encoded: who takes long to be sent to must not keep it.
   */
  content: Buffer | null
}

/** Tag of field 2, `batches`. */
const batchesTag = 0x12
const longestPrefixBytes = 6

/**
 * Batches in a buffer, as content: of what lies before them, `headroomBytes` are written over.
 */
export function batchesContent(buffer: Buffer, position: number, sizeBytes: number): Buffer {
  let prefixBytes = 2
  for (let rest = sizeBytes >>> 7; rest > 0; rest >>>= 7) prefixBytes++
  let at = position - prefixBytes
  buffer[at++] = batchesTag
  let rest = sizeBytes
  while (rest > 0x7f) {
    buffer[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  buffer[at] = rest
  return buffer.subarray(position - prefixBytes, position + sizeBytes)
}

/** The message's bytes; once only. */
export function encodeReadResponse(response: OutgoingResponse): Buffer {
  const { progress, content } = response
  const head = ReadResponse.encode(progress).finish() as Buffer
  response.content = null
  if (content === null || content.length === 0) return head
  if (head.length > headroomBytes - longestPrefixBytes) return Buffer.concat([head, content])
  const start = content.byteOffset - head.length
  const message = Buffer.from(content.buffer, start, head.length + content.length)
  head.copy(message)
  return message
}
