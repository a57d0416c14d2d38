// Loads the golden vectors that scripts/gen-vectors.ts made with Apache Kafka's own classes: the
// facts of that release, and messages with the bytes that stand for them.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync } from 'node:zlib'
import { apis } from '@samsa/proto/kafka/apis'
import {
  consumerGroupCurrentMemberAssignmentKey,
  consumerGroupCurrentMemberAssignmentValue,
  consumerGroupMemberMetadataKey,
  consumerGroupMemberMetadataValue,
  consumerGroupMetadataKey,
  consumerGroupMetadataValue,
  consumerGroupPartitionMetadataKey,
  consumerGroupRegularExpressionKey,
  consumerGroupRegularExpressionValue,
  consumerGroupTargetAssignmentMemberKey,
  consumerGroupTargetAssignmentMemberValue,
  consumerGroupTargetAssignmentMetadataKey,
  consumerGroupTargetAssignmentMetadataValue,
} from '@samsa/proto/kafka/consumer-group-records'
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from '@samsa/proto/kafka/consumer-protocol'
import {
  groupMetadataKey,
  groupMetadataValue,
  offsetCommitKey,
  offsetCommitValue,
} from '@samsa/proto/kafka/group-records'
import { requestHeader, responseHeader } from '@samsa/proto/kafka/headers'
import {
  streamsGroupCurrentMemberAssignmentKey,
  streamsGroupCurrentMemberAssignmentValue,
  streamsGroupMemberMetadataKey,
  streamsGroupMemberMetadataValue,
  streamsGroupMetadataKey,
  streamsGroupMetadataValue,
  streamsGroupTargetAssignmentMemberKey,
  streamsGroupTargetAssignmentMemberValue,
  streamsGroupTargetAssignmentMetadataKey,
  streamsGroupTargetAssignmentMetadataValue,
  streamsGroupTopologyKey,
  streamsGroupTopologyValue,
} from '@samsa/proto/kafka/streams-group-records'
import { transactionLogKey, transactionLogValue } from '@samsa/proto/kafka/transaction-records'
import type { Message } from '@samsa/proto/wire/message'

const file = fileURLToPath(new URL('../vectors/kafka-4.3.1.jsonl.br', import.meta.url))

export interface KafkaFacts {
  readonly kafka: string
  readonly apis: readonly {
    readonly key: number
    readonly name: string
    readonly min: number
    readonly max: number
    readonly advertised: readonly [min: number, max: number]
    /** The header version of each message version, from `min` on. */
    readonly requestHeaders: readonly number[]
    readonly responseHeaders: readonly number[]
  }[]
  readonly errors: readonly (readonly [code: number, name: string, retriable: boolean])[]
}

export interface Vector {
  readonly message: string
  readonly version: number
  /** What Kafka read back from the bytes, with the defaults of fields that the version lacks. */
  readonly json: unknown
  readonly bytes: Buffer
}

export function loadVectors(): { facts: KafkaFacts; vectors: Vector[] } {
  const [first = '', ...lines] = brotliDecompressSync(readFileSync(file)).toString().split('\n')
  const vectors = lines
    .filter((line) => line !== '')
    .map((line) => {
      const { m, v, j, b } = JSON.parse(line) as { m: string; v: number; j: unknown; b: string }
      return { message: m, version: v, json: j, bytes: Buffer.from(b, 'base64') }
    })
  return { facts: JSON.parse(first) as KafkaFacts, vectors }
}

/** A message whose value may be anything, for tests that treat all messages alike. */
export type AnyMessage = Message<unknown, unknown>

/** Every message there is by the name that Kafka gives it. */
export function allMessages(): Map<string, AnyMessage> {
  const others = [
    requestHeader,
    responseHeader,
    consumerProtocolSubscription,
    consumerProtocolAssignment,
    offsetCommitKey,
    offsetCommitValue,
    groupMetadataKey,
    groupMetadataValue,
    consumerGroupMetadataKey,
    consumerGroupMetadataValue,
    consumerGroupPartitionMetadataKey,
    consumerGroupMemberMetadataKey,
    consumerGroupMemberMetadataValue,
    consumerGroupTargetAssignmentMetadataKey,
    consumerGroupTargetAssignmentMetadataValue,
    consumerGroupTargetAssignmentMemberKey,
    consumerGroupTargetAssignmentMemberValue,
    consumerGroupCurrentMemberAssignmentKey,
    consumerGroupCurrentMemberAssignmentValue,
    consumerGroupRegularExpressionKey,
    consumerGroupRegularExpressionValue,
    streamsGroupMetadataKey,
    streamsGroupMetadataValue,
    streamsGroupMemberMetadataKey,
    streamsGroupMemberMetadataValue,
    streamsGroupTargetAssignmentMetadataKey,
    streamsGroupTargetAssignmentMetadataValue,
    streamsGroupTargetAssignmentMemberKey,
    streamsGroupTargetAssignmentMemberValue,
    streamsGroupCurrentMemberAssignmentKey,
    streamsGroupCurrentMemberAssignmentValue,
    streamsGroupTopologyKey,
    streamsGroupTopologyValue,
    transactionLogKey,
    transactionLogValue,
  ]
  const ofApis = Object.values(apis).flatMap(({ request, response }) => [request, response])
  return new Map(
    [...ofApis, ...others].map((message) => [message.name, message as unknown as AnyMessage]),
  )
}
