// Plays the admin scenario against anything that answers requests, and makes the answers
// comparable: ids of topics, the cluster and directories become names, times become whether they
// are known, and lists without an order of their own are sorted.

import type { ApiName } from '@samsa/proto/kafka/apis'
import type { Event } from './cluster-scenario.ts'
import { adminScenario, type Step } from './scenario.ts'

export type Ask = (api: ApiName, version: number, request: unknown) => Promise<unknown>

export interface Answer extends Step {
  readonly answer: unknown
}

export async function play(ask: Ask, options: { brokerPort: number }): Promise<Answer[]> {
  const noEvents = () => Promise.reject(new Error('nothing happens in this scenario'))
  return await playScenario(adminScenario, { ask, happen: noEvents, ...options })
}

export interface Player {
  readonly ask: Ask
  /** Makes an event of the scenario happen. */
  readonly happen: (event: Event['event']) => Promise<void>
  readonly brokerPort: number
}

export async function playScenario(
  scenario: readonly (Step | Event)[],
  { ask, happen, brokerPort }: Player,
): Promise<Answer[]> {
  const normalizer = new Normalizer(brokerPort)
  const answers: Answer[] = []
  for (const step of scenario) {
    if ('event' in step) {
      await happen(step.event)
      continue
    }
    const request = normalizer.withIds(step.request)
    const answer = normalizer.normalize(await ask(step.api, step.version, request))
    answers.push({ ...step, answer })
  }
  return answers
}

const uuid = /^[A-Za-z0-9_-]{22}$/
const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA'
/** Lists that Kafka answers in any order, and what tells their elements apart. */
const unordered: Readonly<Record<string, (element: Record<string, unknown>) => string>> = {
  topics: ({ name, topicName, topicId }) => String(name ?? topicName ?? topicId),
  responses: ({ name, resourceName, topicId }) => String(name ?? resourceName ?? topicId),
  results: ({ name, resourceName }) => String(name ?? resourceName),
  configResources: ({ resourceType, resourceName }) =>
    `${String(resourceType)} ${String(resourceName)}`,
  configs: ({ name }) => String(name),
  replicaElectionResults: ({ topic }) => String(topic),
  partitionResult: ({ partitionId }) => String(partitionId),
  brokers: ({ brokerId, nodeId }) => String(brokerId ?? nodeId),
}

class Normalizer {
  readonly #brokerPort: number
  readonly #names = new Map<string, string>()

  constructor(brokerPort: number) {
    this.#brokerPort = brokerPort
  }

  /** A request with the ids that `<id NAME>` stands for. */
  withIds(value: unknown): unknown {
    return JSON.parse(
      JSON.stringify(value).replaceAll(/"<id ([^>]*)>"/g, (_, name: string) => {
        for (const [id, known] of this.#names) if (known === name) return `"${id}"`
        throw new Error(`no topic ${name} has been seen`)
      }),
    )
  }

  normalize(value: unknown): unknown {
    this.#learn(value)
    return this.#plain(value, '')
  }

  #learn(value: unknown): void {
    if (value === null || typeof value !== 'object') return
    const { name, topicId } = value as { name?: unknown; topicId?: unknown }
    if (typeof name === 'string' && typeof topicId === 'string' && topicId !== zeroUuid) {
      this.#names.delete(topicId)
      for (const [id, known] of this.#names) if (known === name) this.#names.delete(id)
      this.#names.set(topicId, name)
    }
    for (const inner of Object.values(value)) this.#learn(inner)
  }

  #plain(value: unknown, key: string): unknown {
    if (typeof value === 'bigint') return Number(value)
    if (typeof value === 'string') return this.#plainText(value, key)
    if (typeof value === 'number') return this.#plainNumber(value, key)
    if (Array.isArray(value)) {
      const plain = value.map((element) => this.#plain(element, key))
      const sortKey = unordered[key]
      if (sortKey === undefined) return plain
      const keyed = plain.map((element): [string, unknown] => [
        sortKey(element as Record<string, unknown>),
        element,
      ])
      return keyed.sort(([a], [b]) => (a < b ? -1 : Number(a > b))).map(([, element]) => element)
    }
    if (value === null || typeof value !== 'object') return value
    const entries = Object.entries(value).map(([name, inner]): [string, unknown] => [
      name,
      this.#plain(inner, name),
    ])
    const plain = Object.fromEntries(entries)
    return plain['name'] === 'log.dirs' ? { ...plain, value: '<dirs>' } : plain
  }

  #plainText(value: string, key: string): string {
    if (key === 'clusterId') return '<cluster>'
    if (key === 'errorMessage') return value.replace(/(the cluster id) "[^"]*"/, '$1 <cluster>')
    if (key === 'host') return '<host>'
    const name = this.#names.get(value)
    if (name !== undefined) return `<id ${name}>`
    return uuid.test(value) && key.endsWith('Id') && value !== zeroUuid ? '<other id>' : value
  }

  #plainNumber(value: number, key: string): number | string {
    if (value === this.#brokerPort) return '<port>'
    if (key === 'port') return '<other port>'
    if (/^last.*Timestamp$|^logEndOffset$|^highWatermark$/.test(key)) {
      return value >= 0 ? '<known>' : '<unknown>'
    }
    if (key === 'producerId' && value >= 0) return '<producer id>'
    if (key === 'leaderEpoch' && value > 0) return '<epoch>'
    return value
  }
}
