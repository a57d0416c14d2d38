// Step: what lets pods run and be reached: service account, disruption budget, network policy,
// services. Applied as they should be each time; Kubernetes changes nothing where nothing differs.

import { listenerStatuses } from '../desired/listener-status.ts'
import { hasRole } from '../desired/names.ts'
import { disruptionBudget, networkPolicy, serviceAccount, services } from '../desired/network.ts'
import { isServed } from '../desired/served-listeners.ts'
import { type Kind, type KubeObject, kinds } from '../kube/objects.ts'
import { bad, good } from '../status/conditions.ts'
import type { Step } from './step.ts'

export const access: Step = {
  condition: 'ListenersReady',
  async run({ cluster, nodes, client, exposed, services: present, pods, signal }) {
    const apply = (kind: Kind, object: KubeObject) => client.apply(kind, object, signal)
    await apply(kinds.serviceAccount, serviceAccount(cluster))
    await apply(kinds.disruptionBudget, disruptionBudget(cluster, nodes))
    await apply(kinds.networkPolicy, networkPolicy(cluster))
    const wanted = services(cluster, nodes)
    for (const service of wanted) await apply(kinds.service, service)
    const names = new Set(wanted.map(({ metadata }) => metadata.name))
    for (const service of present.values()) {
      // Only what is ours by owner, never by label alone.
      const isOurs = service.metadata.ownerReferences?.some(
        ({ uid }) => uid === cluster.metadata.uid,
      )
      if (isOurs === true && !names.has(service.metadata.name)) {
        await client.delete(kinds.service, service, {}, signal)
      }
    }
    const brokers = nodes.filter(({ pool }) => hasRole(pool, 'broker'))
    const hostAddressOf = (id: number) => pods.get(id)?.status?.hostIP ?? null
    const status = {
      listeners: listenerStatuses(cluster, brokers, present, exposed, hostAddressOf),
    }
    const refused = cluster.spec.listeners.filter((listener) => !isServed(listener))
    if (refused.length > 0) {
      const names = refused.map(({ name }) => name).join(', ')
      const message = `listeners ${names} stay closed: TLS and authentication are not served yet`
      return { finding: bad('ListenerRefused', message), againMs: null, status }
    }
    const finding = good('ServicesApplied', `${brokers.length} brokers can be reached`)
    return { finding, againMs: null, status }
  },
}
