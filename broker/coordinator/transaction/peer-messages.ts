// What brokers ask each other about transactions as bytes: Kafka's own messages, in one version.

import {
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
} from '@samsa/proto/kafka/add-partitions-to-txn'
import {
  writeTxnMarkersRequest,
  writeTxnMarkersResponse,
} from '@samsa/proto/kafka/write-txn-markers'
import type { Message } from '@samsa/proto/wire/message'
import { Reader } from '@samsa/proto/wire/reader'
import { Writer } from '@samsa/proto/wire/writer'

export const writeMarkersMessages = {
  version: 2,
  request: writeTxnMarkersRequest,
  response: writeTxnMarkersResponse,
} as const

export const addPartitionsMessages = {
  version: 5,
  request: addPartitionsToTxnRequest,
  response: addPartitionsToTxnResponse,
} as const

export function encodePeerMessage<In>(
  message: Message<unknown, In>,
  value: In,
  version: number,
): Buffer {
  const writer = new Writer()
  message.encode(writer, value, version)
  return writer.toBuffer()
}

/** Throws DecodeError for bytes that are no such message. */
export function decodePeerMessage<Out>(
  message: Message<Out, never>,
  bytes: Buffer,
  version: number,
): Out {
  return message.decode(new Reader(bytes), version)
}
