// The connections to the clusters that the operator looks after, one client each, kept for as long
// as the cluster is there.

import type { ClusterAdmin } from '../cluster/admin.ts'
import { KafkaAdmin } from '../cluster/kafka-admin.ts'
import { bootstrapServiceName } from '../desired/names.ts'
import { openListener } from '../desired/served-listeners.ts'
import type { KafkaCluster } from '../resources/kafka-cluster.ts'

interface Kept {
  readonly bootstrap: string
  readonly admin: KafkaAdmin
}

/** Below the time that a step has, so that a step can say why. */
const timeoutMs = 10_000

export class Admins {
  readonly #kept = new Map<string, Kept>()

  of(cluster: KafkaCluster): ClusterAdmin {
    const { uid } = cluster.metadata
    const bootstrap = bootstrapOf(cluster)
    const kept = this.#kept.get(uid)
    if (kept?.bootstrap === bootstrap) return kept.admin
    kept?.admin.close()
    const admin = new KafkaAdmin({ bootstrap, timeoutMs })
    this.#kept.set(uid, { bootstrap, admin })
    return admin
  }

  forget(uid: string): void {
    this.#kept.get(uid)?.admin.close()
    this.#kept.delete(uid)
  }

  close(): void {
    for (const { admin } of this.#kept.values()) admin.close()
    this.#kept.clear()
  }
}

/** By a listener that needs no credentials. */
export function bootstrapOf(cluster: KafkaCluster): string {
  const { metadata, spec } = cluster
  const listener = openListener(cluster) ?? spec.listeners[0]
  if (listener === undefined) throw new Error('the cluster has no listener')
  const { name, namespace } = metadata
  return `${bootstrapServiceName(name, listener)}.${namespace}.svc:${listener.port}`
}
