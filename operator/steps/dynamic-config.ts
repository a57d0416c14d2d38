// Step: broker configs that running brokers take over. Sets what the spec says as cluster-wide
// dynamic configs, and takes away what it does not say any more; nobody is restarted for them.

import { brokerDefinition } from '@samsa/broker/config/broker-configs'
import { bad, good } from '../status/conditions.ts'
import type { Pass, Step } from './step.ts'

const againMs = 5_000

export function isDynamicConfig(name: string): boolean {
  return brokerDefinition(name)?.dynamic === 'cluster-wide'
}

export const dynamicConfig: Step = {
  condition: 'ConfigApplied',
  async run(pass) {
    if (pass.live === null) {
      return { finding: bad('ClusterUnreachable', pass.adminProblem ?? ''), againMs }
    }
    const wanted = wantedDefaults(pass)
    const present = await pass.admin.brokerDefaults(pass.signal)
    const changes: Record<string, string | null> = {}
    for (const [name, value] of Object.entries(wanted)) {
      if (present[name] !== value) changes[name] = value
    }
    for (const name of Object.keys(present)) if (!(name in wanted)) changes[name] = null
    const names = Object.keys(changes)
    if (names.length > 0) {
      await pass.admin.setBrokerDefaults(changes, pass.signal)
      const note = `changed without a restart: ${names.join(', ')}`
      const event = { type: 'Normal', reason: 'ConfigChanged', action: 'Configure', note } as const
      await pass.events.record(pass.cluster, event)
    }
    return { finding: good('ConfigApplied'), againMs: null }
  },
}

function wantedDefaults({ cluster }: Pass): Record<string, string> {
  const given = Object.entries(cluster.spec.config ?? {})
  return Object.fromEntries(
    given.flatMap(([name, value]) => (isDynamicConfig(name) ? [[name, String(value)]] : [])),
  )
}
