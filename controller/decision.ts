// A decision: the records that carry it out and the answer to whoever asked. Deciding changes nothing and reads
// neither clock nor chance: what it needs of them comes in by the context.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { ConfigOverrides, ConfigResource } from './image.ts'
import type { NewRecord } from './records/record.ts'
import type { Outcome } from './requests.ts'

export interface Decision<T> {
  readonly records: readonly NewRecord[]
  readonly response: T
}

/** What the controller must know of configs, which are the broker's business. */
export interface ConfigRules {
  /** Why `after`, all the overrides that the resource would have, are not allowed; null when they are. */
  problem(resource: ConfigResource, after: ConfigOverrides, before: ConfigOverrides): string | null
  /** Whether values can be appended to and subtracted from the config. */
  isList(resource: ConfigResource, name: string): boolean
  /** The value without an override, for configs that are lists. */
  defaultOf(resource: ConfigResource, name: string): string
}

export interface DecideContext {
  /** A new random UUID, as 22 characters of base64. */
  readonly newUuid: () => string
  /** A whole number from 0 to bound - 1. */
  readonly random: (bound: number) => number
  readonly configRules: ConfigRules
  readonly numPartitionsDefault: number
  readonly replicationFactorDefault: number
}

export const noError: Outcome = { error: 'NONE', message: null }

/** Refuses one item of a request; caught where that item is decided and made its outcome. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly kafkaError: KafkaErrorName

  constructor(kafkaError: KafkaErrorName, message: string) {
    super(message)
    this.kafkaError = kafkaError
  }
}

/** The outcome of deciding one item: what `decide` throws as a Refusal, or no error. */
export function outcomeOf(decide: () => void): Outcome {
  try {
    decide()
    return noError
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { error: error.kafkaError, message: error.message }
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
