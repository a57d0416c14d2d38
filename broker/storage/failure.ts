// How the storage API says that something went wrong: Kafka's error by name, beside the gRPC status
// that fits it. In a stream's answers it is a Failure; a call that fails carries the same in its
// status details.

import type { StatusObject } from '@grpc/grpc-js'
import { ControllerError } from '@samsa/controller/errors'
import { Status } from '@samsa/proto/grpc/gen/status'
import { Failure, type FailureInit, type LeaderInit } from '@samsa/proto/grpc/gen/storage'
import { grpcJs } from '@samsa/proto/grpc/grpc-js'
import { type StatusCode, status } from '@samsa/proto/grpc/status-codes'
import { errorByName, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { RecordError } from '@samsa/proto/record/record-error'
import { BrokerError } from '../errors.ts'

const detailsKey = 'grpc-status-details-bin'
const failureType = 'type.googleapis.com/samsa.storage.v1.Failure'

/** What is known of the partition or log where it failed. */
export interface FailureContext {
  readonly leader?: LeaderInit | null
  readonly diverging?: { readonly leaderEpoch: number; readonly endOffset: number }
}

/** Errors that say where to go, or what was read; the cause says all else. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly kafkaError: KafkaErrorName
  readonly context: FailureContext

  constructor(
    kafkaError: KafkaErrorName,
    message: string,
    options: ErrorOptions & { readonly context?: FailureContext } = {},
  ) {
    super(message, options)
    this.kafkaError = kafkaError
    this.context = options.context ?? {}
  }
}

/** Anything that is thrown: what is no typed error is a bug, and its text stays in the house. */
export function failureOf(error: unknown): FailureInit {
  const name = kafkaErrorOf(error)
  const { code, retriable, text } = errorByName(name)
  const isTyped = name !== 'UNKNOWN_SERVER_ERROR'
  const message = isTyped && error instanceof Error && error.message !== name ? error.message : text
  const { leader = null, diverging = null } = error instanceof StorageError ? error.context : {}
  return { name, code, message, retriable, leader, diverging }
}

export function kafkaErrorOf(error: unknown): KafkaErrorName {
  const isTyped =
    error instanceof StorageError ||
    error instanceof BrokerError ||
    error instanceof RecordError ||
    error instanceof ControllerError
  return isTyped ? error.kafkaError : 'UNKNOWN_SERVER_ERROR'
}

/** The status that a failing call ends with; grpc-js takes it as an error. */
export function statusOf(error: unknown): StatusObject & Error {
  const failure = failureOf(error)
  const code = statusCodes.get(failure.name ?? '') ?? defaultCode(failure)
  const details = `${failure.name}: ${failure.message}`
  const value = Failure.encode(failure).finish()
  const encoded = Status.encode({
    code,
    message: details,
    details: [{ typeUrl: failureType, value }],
  }).finish()
  const metadata = new (grpcJs().Metadata)()
  metadata.set(detailsKey, Buffer.from(encoded))
  return Object.assign(new Error(details, { cause: error }), { code, details, metadata })
}

function defaultCode({ name, retriable }: FailureInit): StatusCode {
  if (retriable === true) return status.UNAVAILABLE
  return name === 'UNKNOWN_SERVER_ERROR' ? status.INTERNAL : status.FAILED_PRECONDITION
}

/**
 * UNAVAILABLE, which generic clients retry at the same address, is for what passes by itself. An
 * old leader is none of that: the caller must go elsewhere.
 */
const statusCodes: ReadonlyMap<string, StatusCode> = new Map<KafkaErrorName, StatusCode>([
  ['UNKNOWN_TOPIC_OR_PARTITION', status.NOT_FOUND],
  ['UNKNOWN_TOPIC_ID', status.NOT_FOUND],
  ['GROUP_ID_NOT_FOUND', status.NOT_FOUND],
  ['NOT_LEADER_OR_FOLLOWER', status.FAILED_PRECONDITION],
  ['FENCED_LEADER_EPOCH', status.FAILED_PRECONDITION],
  ['UNKNOWN_LEADER_EPOCH', status.FAILED_PRECONDITION],
  ['NOT_COORDINATOR', status.FAILED_PRECONDITION],
  ['OFFSET_OUT_OF_RANGE', status.OUT_OF_RANGE],
  ['REQUEST_TIMED_OUT', status.DEADLINE_EXCEEDED],
  ['THROTTLING_QUOTA_EXCEEDED', status.RESOURCE_EXHAUSTED],
  ['INVALID_REQUEST', status.INVALID_ARGUMENT],
  ['INVALID_REQUIRED_ACKS', status.INVALID_ARGUMENT],
  ['INVALID_TOPIC_EXCEPTION', status.INVALID_ARGUMENT],
  ['INVALID_GROUP_ID', status.INVALID_ARGUMENT],
  ['INVALID_RECORD', status.INVALID_ARGUMENT],
  ['INVALID_TIMESTAMP', status.INVALID_ARGUMENT],
  ['CORRUPT_MESSAGE', status.INVALID_ARGUMENT],
  ['MESSAGE_TOO_LARGE', status.INVALID_ARGUMENT],
  ['RECORD_LIST_TOO_LARGE', status.INVALID_ARGUMENT],
  ['UNSUPPORTED_COMPRESSION_TYPE', status.INVALID_ARGUMENT],
  ['UNSUPPORTED_VERSION', status.UNIMPLEMENTED],
  ['TOPIC_AUTHORIZATION_FAILED', status.PERMISSION_DENIED],
  ['GROUP_AUTHORIZATION_FAILED', status.PERMISSION_DENIED],
  ['CLUSTER_AUTHORIZATION_FAILED', status.PERMISSION_DENIED],
])
