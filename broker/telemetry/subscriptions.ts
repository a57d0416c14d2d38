// The subscriptions of client metrics (KIP-714), as the metadata has them: who should push what,
// and how often. Made anew when one of them changed; never looks at clients by itself.

import type { MetadataImage } from '@samsa/controller/image'
import { parseConfig } from '../config/definition.ts'
import { clientMetricsConfigs } from '../config/group-configs.ts'
import type { ConfigValue } from '../config/value.ts'
import type { ClientSubscription, ClientTraits } from './client-instance.ts'
import { type Selector, selectorOf } from './selectors.ts'

/** How often a client asks that no subscription is for, as in Kafka. */
const pushIntervalMsDefault = 300_000
const allMetrics = '*'
const keyPrefix = 'client-metrics:'

interface Subscription {
  readonly metrics: readonly string[]
  readonly intervalMs: number
  readonly selects: Selector
}

type Overrides = ReadonlyMap<string, string>

export class Subscriptions {
  /** Grows with each change: what was made of an older one must be made anew. */
  version = 0
  #all: readonly Subscription[] = []
  #seen: MetadataImage['configs'] | null = null
  #fingerprint = ''

  /** Takes over what changed in the metadata. */
  async refresh({ configs }: MetadataImage): Promise<void> {
    if (configs === this.#seen) return
    this.#seen = configs
    const overrides = [...configs].filter(([key]) => key.startsWith(keyPrefix))
    const fingerprint = JSON.stringify(overrides.map(([key, values]) => [key, [...values]]))
    if (fingerprint === this.#fingerprint) return
    this.#fingerprint = fingerprint
    const made = await Promise.all(overrides.map(([, values]) => subscriptionOf(values)))
    // Another change came meanwhile: its own refresh takes over all of it.
    if (fingerprint !== this.#fingerprint) return
    this.#all = made
    this.version++
  }

  of(traits: ClientTraits): ClientSubscription {
    const metrics = new Set<string>()
    let pushIntervalMs = pushIntervalMsDefault
    for (const subscription of this.#all) {
      if (!subscription.selects(traits)) continue
      for (const metric of subscription.metrics) metrics.add(metric)
      pushIntervalMs = Math.min(pushIntervalMs, subscription.intervalMs)
    }
    return {
      metrics: metrics.has(allMetrics) ? [allMetrics] : [...metrics].sort(),
      pushIntervalMs,
    }
  }
}

async function subscriptionOf(overrides: Overrides): Promise<Subscription> {
  return {
    metrics: valueOf(overrides, 'metrics') as readonly string[],
    intervalMs: Number(valueOf(overrides, 'interval.ms')),
    selects: await selectorOf(valueOf(overrides, 'match') as readonly string[]),
  }
}

function valueOf(overrides: Overrides, name: string): ConfigValue {
  const definition = clientMetricsConfigs.expect(name)
  const own = overrides.get(name)
  return own === undefined ? (definition.default ?? null) : parseConfig(definition, own)
}
