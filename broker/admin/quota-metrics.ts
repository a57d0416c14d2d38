// What quotas hold clients to, under Kafka's names in the help texts (the MBeans
// kafka.server:type=Produce, Fetch, Request and ControllerMutation). Owns nothing; reads the
// accounts off when asked. Only some accounts are shown one by one: clients choose their names.

import type { ClientQuotas, QuotaKind } from '../quota/client-quotas.ts'
import { shownAccountsMax } from '../quota/limits.ts'
import type { QuotaKey } from '../quota/quota-table.ts'
import { Counter, Gauge, type MetricsRegistry } from './prometheus.ts'

const msPerSecond = 1000
const kinds: Readonly<Record<QuotaKey, QuotaKind>> = {
  producer_byte_rate: 'Produce',
  consumer_byte_rate: 'Fetch',
  request_percentage: 'Request',
  controller_mutation_rate: 'ControllerMutation',
}
/** Of an account; a part that is not told apart is empty, as in Kafka. */
const labelNames = ['type', 'user', 'client_id'] as const

export function registerQuotaMetrics(
  registry: MetricsRegistry,
  quotas: ClientQuotas,
  monotonicMs: () => number,
): void {
  const registers = [registry]
  registerTotals(registry, quotas)
  const accounts: InstanceType<typeof Gauge> = new Gauge({
    name: 'samsa_quota_accounts',
    help: 'Users and client ids that a quota accounts for.',
    registers,
    collect: () => accounts.set(quotas.accountCount),
  })
  const rate = new Gauge({
    name: 'samsa_quota_rate',
    help: 'byte-rate, request-time (ms a second) or mutation-rate of a client, over ten seconds.',
    labelNames,
    registers,
    collect: () => {
      const nowMs = monotonicMs()
      rate.reset()
      for (const [labels, account] of shown(quotas)) rate.set(labels, account.rate(nowMs))
    },
  })
  const limit = new Gauge({
    name: 'samsa_quota_limit',
    help: 'What the client is held to, in the unit of samsa_quota_rate.',
    labelNames,
    registers,
    collect: () => {
      limit.reset()
      for (const [labels, account] of shown(quotas)) limit.set(labels, account.limit)
    },
  })
  const throttle = new Gauge({
    name: 'samsa_quota_throttle_seconds',
    help: 'throttle-time: how long the client was last told to wait.',
    labelNames,
    registers,
    collect: () => {
      throttle.reset()
      for (const [labels, account] of shown(quotas)) {
        throttle.set(labels, account.throttleMs / msPerSecond)
      }
    },
  })
}

function registerTotals(registry: MetricsRegistry, quotas: ClientQuotas): void {
  const totals = Object.entries(quotas.totals)
  const responses = new Counter({
    name: 'samsa_quota_throttled_responses_total',
    help: 'Responses whose client was told to wait.',
    labelNames: ['type'],
    registers: [registry],
    collect: () => {
      responses.reset()
      for (const [type, { throttled }] of totals) responses.inc({ type }, throttled)
    },
  })
  const seconds = new Counter({
    name: 'samsa_quota_throttle_seconds_total',
    help: 'Time that clients were told to wait.',
    labelNames: ['type'],
    registers: [registry],
    collect: () => {
      seconds.reset()
      for (const [type, { throttleMs }] of totals) seconds.inc({ type }, throttleMs / msPerSecond)
    },
  })
}

function* shown(quotas: ClientQuotas) {
  let count = 0
  for (const account of quotas.accounts) {
    if (count++ >= shownAccountsMax) return
    const { key, user, clientId } = account
    yield [{ type: kinds[key], user: user ?? '', client_id: clientId ?? '' }, account] as const
  }
}
