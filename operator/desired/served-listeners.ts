// Which listeners of a spec are served, and by which one the operator itself comes in. Pure. The
// operator has no credentials of its own yet: a cluster without an open listener would be one that
// nobody looks after, and is not made.

import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import type { Listener } from './names.ts'

/** Whether clients need neither TLS nor credentials. */
export function isOpen({ tls, authentication }: Listener): boolean {
  return !tls && (authentication?.type ?? 'none') === 'none'
}

/** None where the operator could not come in. */
export function servedListeners(cluster: KafkaCluster): readonly Listener[] {
  return openListener(cluster) === null ? [] : cluster.spec.listeners
}

/** The operator's own, one of the inside where there is one; null where there is none. */
export function openListener({ spec }: KafkaCluster): Listener | null {
  const open = spec.listeners.filter((listener) => isOpen(listener))
  return open.find(({ type }) => type === 'internal') ?? open[0] ?? null
}
