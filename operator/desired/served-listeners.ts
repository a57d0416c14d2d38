// Which listeners of a spec are served. Pure. TLS and authentication are declared and not served
// yet: such a listener is left closed, never opened without them.

import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import type { Listener } from './names.ts'

export function isServed({ tls, authentication }: Listener): boolean {
  return !tls && (authentication?.type ?? 'none') === 'none'
}

export function servedListeners({ spec }: KafkaCluster): readonly Listener[] {
  return spec.listeners.filter((listener) => isServed(listener))
}
