// A decision: the records that carry it out and the answer to whoever asked. Deciding changes
// nothing and reads neither clock nor chance: what it needs of them comes in by the context.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { ConfigOverrides, ConfigResource } from './image.ts'
import type { NewRecord } from './records/record.ts'
import type { ConfigEntry, IncrementalConfigChange, Outcome } from './requests.ts'

export interface Decision<T> {
  readonly records: readonly NewRecord[]
  readonly response: T
}

export type ConfigOutcome =
  | { readonly type: 'accepted'; readonly overrides: ConfigOverrides }
  | { readonly type: 'refused'; readonly error: KafkaErrorName; readonly message: string }

/**
 * What the controller must know of configs: which names and values there are is the broker's
 * business.
 */
export interface ConfigRules {
  /** What the changes make of the overrides `before`, or why they must not be made. */
  change(
    resource: ConfigResource,
    before: ConfigOverrides,
    changes: readonly IncrementalConfigChange[],
  ): ConfigOutcome
  /** The entries as all the overrides of the resource, or why they must not be. */
  replace(resource: ConfigResource, entries: readonly ConfigEntry[]): ConfigOutcome
}

export interface DecideContext {
  /** A new random UUID, as 22 characters of base64. */
  readonly newUuid: () => string
  /** A whole number from 0 to bound - 1. */
  readonly random: (bound: number) => number
  readonly configRules: ConfigRules
  readonly numPartitionsDefault: number
  readonly replicationFactorDefault: number
  readonly topicDefaults: TopicDefaults
}

/** What this node's own configuration says of topics. */
export interface TopicDefaults {
  /** Becomes the cluster's where this node founds it, or eligible leader replicas are turned on. */
  readonly minInsyncReplicas: number
  /** For topics that neither they nor the cluster's dynamic configs say otherwise of. */
  readonly uncleanLeaderElection: boolean
}

export const noError: Outcome = { error: 'NONE', message: null }

/** Refuses one item of a request; caught where that item is decided and made its outcome. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly kafkaError: KafkaErrorName
  /** null: the error says it all. */
  readonly explanation: string | null

  constructor(kafkaError: KafkaErrorName, explanation: string | null) {
    super(explanation ?? kafkaError)
    this.kafkaError = kafkaError
    this.explanation = explanation
  }
}

/** The outcome of deciding one item: what `decide` throws as a Refusal, or no error. */
export function outcomeOf(decide: () => void): Outcome {
  try {
    decide()
    return noError
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { error: error.kafkaError, message: error.explanation }
  }
}

/** Names that occur more than once. */
export function duplicatesOf(names: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>()
  const duplicates = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) duplicates.add(name)
    seen.add(name)
  }
  return duplicates
}
