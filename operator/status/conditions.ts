// Conditions of a resource's status. Pure. A condition keeps the time of its last change of status;
// each says for which generation it was seen. All types are always there, so that waiting for one
// tells the truth, also before anything was done.

import type { KafkaCluster } from '../resources/kafka-cluster.ts'

export type Condition = NonNullable<NonNullable<KafkaCluster['status']>['conditions']>[number]

/** What one step found out. */
export interface Finding {
  readonly status: 'True' | 'False' | 'Unknown'
  /** One word in CamelCase. */
  readonly reason: string
  readonly message: string
}

export const good = (reason: string, message = ''): Finding => ({ status: 'True', reason, message })
export const bad = (reason: string, message: string): Finding => ({
  status: 'False',
  reason,
  message,
})
export const unknown = (reason: string, message: string): Finding => ({
  status: 'Unknown',
  reason,
  message,
})

const messageMax = 4_000

export function conditionsOf(
  findings: ReadonlyMap<string, Finding>,
  before: readonly Condition[],
  generation: number,
  nowMs: number,
): Condition[] {
  return [...findings].map(([type, { status, reason, message }]) => {
    const known = before.find((condition) => condition.type === type)
    const isSame = known?.status === status
    return {
      type,
      status,
      observedGeneration: generation,
      lastTransitionTime: isSame
        ? known.lastTransitionTime
        : new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z'),
      reason,
      message: message.slice(0, messageMax),
    }
  })
}
