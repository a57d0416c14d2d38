// One config of all topics, remembered for a while: asking for it anew in each look at a cluster of
// thousands of topics would cost more than all the rest of the look. What the operator changes
// itself it forgets at once.

import type { Cluster } from '@samsa/cli/client/cluster'
import { topicConfig } from '@samsa/cli/client/configs'

/** Others change topics, too. */
const freshForMs = 10_000

export class TopicConfigs {
  readonly #name: string
  readonly #values = new Map<string, { readonly value: string; readonly atMs: number }>()

  constructor(name: string) {
    this.#name = name
  }

  async of(cluster: Cluster, topics: readonly string[]): Promise<Map<string, string>> {
    const nowMs = performance.now()
    const isFresh = (topic: string) => {
      const known = this.#values.get(topic)
      return known !== undefined && nowMs - known.atMs < freshForMs
    }
    const asked = await topicConfig(
      cluster,
      topics.filter((topic) => !isFresh(topic)),
      this.#name,
    )
    for (const [topic, value] of asked) this.#values.set(topic, { value, atMs: nowMs })
    const wanted = new Set(topics)
    for (const topic of this.#values.keys()) if (!wanted.has(topic)) this.#values.delete(topic)
    return new Map([...this.#values].map(([topic, { value }]) => [topic, value]))
  }

  forget(topic: string): void {
    this.#values.delete(topic)
  }

  clear(): void {
    this.#values.clear()
  }
}
