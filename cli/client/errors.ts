// The errors of the client. Each says what failed and, where the client can know it, what the user
// can do about it: the message is shown as it is.

import { errorByCode, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { CommandError } from '../errors.ts'

/** The connection, not the cluster, failed: refused, lost, silent. Trying again may help. */
export class ConnectionError extends CommandError {
  override readonly name = 'ConnectionError'
}

/**
 * No broker was ever reached: what the user gave is wrong or the cluster is not there, so trying on
 * helps little.
 */
export class UnreachableError extends CommandError {
  override readonly name = 'UnreachableError'
}

/**
 * The broker answered, but nothing that this client can use: another protocol, or too old a version
 * of it.
 */
export class IncompatibleError extends CommandError {
  override readonly name = 'IncompatibleError'
}

/** The broker does not let this user in, or is not who it says it is. */
export class AuthenticationError extends CommandError {
  override readonly name = 'AuthenticationError'
}

/** What was asked for took longer than the user allows. */
export class TimeoutError extends CommandError {
  override readonly name = 'TimeoutError'
}

/** The user asked to stop before the work was done. */
export class StoppedError extends CommandError {
  override readonly name = 'StoppedError'

  constructor() {
    super('stopped before it was done')
  }
}

const fixes: { readonly [N in KafkaErrorName]?: string } = {
  UNKNOWN_TOPIC_OR_PARTITION: "'samsa topic list' shows the topics, 'samsa topic create' makes one",
  TOPIC_ALREADY_EXISTS: '--if-not-exists accepts that',
  INVALID_REPLICATION_FACTOR: 'give a --replication-factor from 1 to the number of brokers',
  INVALID_PARTITIONS: 'partitions can only be added: give a larger number than there are',
  NON_EMPTY_GROUP: "stop its members first; 'samsa group describe' names them",
  GROUP_ID_NOT_FOUND: "'samsa group list' shows the groups",
  MESSAGE_TOO_LARGE: "raise the topic's max.message.bytes by 'samsa config set'",
  NOT_ENOUGH_REPLICAS: "too few brokers are in sync for the topic's min.insync.replicas",
  NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    "too few brokers are in sync for the topic's min.insync.replicas",
  KAFKA_STORAGE_ERROR: "look at the broker's log: its disk is full or has failed",
  TOPIC_AUTHORIZATION_FAILED: 'the cluster asks for permissions that this client does not have',
  CLUSTER_AUTHORIZATION_FAILED: 'the cluster asks for permissions that this client does not have',
  GROUP_AUTHORIZATION_FAILED: 'the cluster asks for permissions that this client does not have',
  OFFSET_OUT_OF_RANGE: "'samsa topic describe' shows the offsets that there are",
  GROUP_SUBSCRIBED_TO_TOPIC: 'stop the members that read the topic first',
  INVALID_TOPIC_EXCEPTION:
    'a topic name is 1 to 249 letters, digits, dots, underscores and hyphens',
  POLICY_VIOLATION: "the cluster's own rules forbid it",
}

/** A broker answered with an error of the protocol. */
export class KafkaError extends CommandError {
  override readonly name = 'KafkaError'
  readonly kafkaError: KafkaErrorName
  readonly retriable: boolean

  /**
   * `about`: what the error is about, as 'topic orders'. `detail`: the broker's own words, if it
   * had any.
   */
  constructor(code: number, about: string, detail?: string | null) {
    const info = errorByCode(code)
    const said = detail ?? ''
    const text = said === '' ? info.text : said
    const reason = `${about}: ${info.name}: ${text.replace(/[.\s]+$/, '')}`
    const fix = fixes[info.name]
    super(fix === undefined ? reason : `${reason}; ${fix}`)
    this.kafkaError = info.name
    this.retriable = info.retriable
  }
}

/** Throws when `code` is an error. */
export function throwIfError(code: number, about: string, detail?: string | null): void {
  if (code !== 0) throw new KafkaError(code, about, detail)
}

/** Whether trying again, perhaps at another broker, may help. */
export function isRetriable(error: unknown): boolean {
  if (error instanceof KafkaError) return error.retriable
  return error instanceof ConnectionError || error instanceof TimeoutError
}

export function isUnknownTopic(error: unknown): boolean {
  return (
    error instanceof KafkaError &&
    (error.kafkaError === 'UNKNOWN_TOPIC_OR_PARTITION' || error.kafkaError === 'UNKNOWN_TOPIC_ID')
  )
}
