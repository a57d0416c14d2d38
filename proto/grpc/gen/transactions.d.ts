// Made by `npm run gen` from proto/grpc/transactions.proto: change it there.
import type * as grpc from '@grpc/grpc-js'
import type { Codec, Method } from '../service.ts'

export type Message = {
  body: Buffer
}
export interface MessageInit {
  readonly body?: Uint8Array | null
}
export const Message: Codec<MessageInit, Message>

export const Transactions: {
  readonly writeMarkers: Method<MessageInit, Message, MessageInit, Message>
  readonly addPartitions: Method<MessageInit, Message, MessageInit, Message>
}
export type TransactionsHandlers = {
  writeMarkers: grpc.handleUnaryCall<Message, MessageInit>
  addPartitions: grpc.handleUnaryCall<Message, MessageInit>
}
