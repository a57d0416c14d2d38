// Plays the scenario of groups against anything that answers requests, and makes the answers
// comparable: ids become names, and lists without an order of their own are sorted.

import { setTimeout } from 'node:timers/promises'
import type { ApiName } from '@samsa/proto/kafka/apis'
import { type GroupStep, groupScenario } from './scenario.ts'

export type Ask = (
  client: string,
  api: ApiName,
  version: number,
  request: unknown,
) => Promise<unknown>

export interface GroupAnswer extends GroupStep {
  readonly answer: unknown
}

export interface PlayOptions {
  readonly brokerPort: number
  /** Called after each request was sent: its answer may be there then, or take other requests. */
  readonly settle: () => Promise<void>
}

export async function playGroups(ask: Ask, options: PlayOptions): Promise<GroupAnswer[]> {
  const names = new Names()
  const answers: Promise<GroupAnswer>[] = []
  for (const step of groupScenario) {
    const { client, api, version } = step
    const asked = ask(client, api, version, names.intoRequest(step.request))
    const answered = asked.then((answer) => {
      names.learn(client, answer)
      return answer
    })
    answers.push(Promise.race([answered, patience()]).then((answer) => ({ ...step, answer })))
    await options.settle()
  }
  // Named only now, since a request that waited may have been answered with ids learned later.
  const played = await Promise.all(answers)
  return played.map((step) => ({ ...step, answer: plain(step.answer, names, options.brokerPort) }))
}

const patienceMs = 20_000

/** No answer waits for longer than the scenario takes. */
async function patience(): Promise<string> {
  await setTimeout(patienceMs, undefined, { ref: false })
  return 'no answer'
}

const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA'

class Names {
  readonly #ids = new Map<string, string>()
  readonly #counts = new Map<string, number>()

  learn(client: string, answer: unknown): void {
    const { memberId, topics } = answer as { memberId?: string; topics?: unknown }
    if (memberId !== undefined && /-.*-.*-.*-.*-/.test(memberId) && !this.#ids.has(memberId)) {
      const count = (this.#counts.get(client) ?? 0) + 1
      this.#counts.set(client, count)
      this.#ids.set(memberId, `<member ${client}#${count}>`)
    }
    for (const { name, topicId } of Array.isArray(topics) ? topics : []) {
      const isKnown = typeof topicId !== 'string' || topicId === zeroUuid || !name
      if (!isKnown) this.#ids.set(topicId, `<id ${name}>`)
    }
  }

  nameOf(text: string): string {
    return this.#ids.get(text) ?? text
  }

  intoRequest(value: unknown): unknown {
    if (typeof value === 'string') return this.#idOf(value)
    if (Array.isArray(value)) return value.map((element) => this.intoRequest(element))
    if (value === null || typeof value !== 'object') return value
    if ('base64' in value) return Buffer.from(String(value.base64), 'base64')
    const entries = Object.entries(value).map(([key, inner]) => [key, this.intoRequest(inner)])
    return Object.fromEntries(entries)
  }

  #idOf(text: string): string {
    if (!text.startsWith('<')) return text
    for (const [id, name] of this.#ids) if (name === text) return id
    throw new Error(`${text} has not been seen`)
  }
}

/** Lists that Kafka answers in any order, and what tells their elements apart. */
const unordered: Readonly<Record<string, (element: Record<string, unknown>) => string>> = {
  groups: ({ groupId }) => String(groupId),
  results: ({ groupId }) => String(groupId),
  members: ({ memberId, groupInstanceId }) => `${String(memberId)} ${String(groupInstanceId)}`,
  topics: ({ name, topicId }) => `${String(name)} ${String(topicId)}`,
  partitions: ({ partitionIndex }) => String(partitionIndex),
}

function plain(value: unknown, names: Names, brokerPort: number, key = ''): unknown {
  if (typeof value === 'string') return names.nameOf(value)
  if (value === brokerPort) return 'the broker’s port'
  if (value === null || typeof value !== 'object') return value
  if (Buffer.isBuffer(value)) return value.toString('base64')
  if (!Array.isArray(value)) {
    const entries = Object.entries(value).map(([name, inner]) => {
      return [name, plain(inner, names, brokerPort, name)]
    })
    return Object.fromEntries(entries)
  }
  const elements = value.map((element) => plain(element, names, brokerPort))
  const sortKey = unordered[key]
  if (sortKey === undefined) return elements
  const keyed = elements.map((element): [string, unknown] => {
    return [sortKey(element as Record<string, unknown>), element]
  })
  return keyed.sort(([a], [b]) => (a < b ? -1 : Number(a > b))).map(([, element]) => element)
}
