// Reads a plan in Kafka's JSON form: {"version":1,"partitions":[{"topic":...,"partition":...,
// "replicas":[...]}]}. What else is in it is not looked at.

import { CommandError } from '../errors.ts'

export interface WantedReplicas {
  readonly topic: string
  readonly index: number
  readonly replicas: readonly number[]
}

export function parsePlanFile(text: string): WantedReplicas[] {
  const { partitions } = asObject(parse(text), 'the plan')
  if (!Array.isArray(partitions)) throw new CommandError('the plan has no list of partitions', 2)
  const wanted = partitions.map((one: unknown, position) => wantedOf(one, position))
  const names = new Set(wanted.map(({ topic, index }) => `${topic}-${index}`))
  if (names.size < wanted.length) throw new CommandError('the plan has a partition twice', 2)
  return wanted
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CommandError(`the plan is not JSON: ${(error as Error).message}`, 2)
  }
}

function asObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw new CommandError(`${what} is not an object`, 2)
}

function wantedOf(value: unknown, position: number): WantedReplicas {
  const what = `partition ${position} of the plan`
  const { topic, partition, replicas } = asObject(value, what)
  if (typeof topic !== 'string' || !isId(partition)) {
    throw new CommandError(`${what} needs a topic and the number of a partition`, 2)
  }
  if (!Array.isArray(replicas) || !replicas.every(isId)) {
    throw new CommandError(`${what}: its replicas are not a list of brokers`, 2)
  }
  return { topic, index: partition, replicas }
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
