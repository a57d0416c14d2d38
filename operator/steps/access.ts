// Step: what lets pods run and be reached: service account, disruption budget, network policy,
// services. Applied as they should be each time; Kubernetes changes nothing where nothing differs.

import { hasRole, labelKeys } from '../desired/names.ts'
import { disruptionBudget, networkPolicy, serviceAccount, services } from '../desired/network.ts'
import { type Kind, type KubeObject, kinds } from '../kube/objects.ts'
import { good } from '../status/conditions.ts'
import type { Step } from './step.ts'

export const access: Step = {
  condition: 'ListenersReady',
  async run({ cluster, nodes, client, signal }) {
    const apply = (kind: Kind, object: KubeObject) => client.apply(kind, object, signal)
    await apply(kinds.serviceAccount, serviceAccount(cluster))
    await apply(kinds.disruptionBudget, disruptionBudget(cluster, nodes))
    await apply(kinds.networkPolicy, networkPolicy(cluster))
    const wanted = services(cluster, nodes)
    for (const service of wanted) await apply(kinds.service, service)
    const names = new Set(wanted.map(({ metadata }) => metadata.name))
    const labelSelector = `${labelKeys.cluster}=${cluster.metadata.name}`
    const { namespace } = cluster.metadata
    const present = await client.list(kinds.service, { namespace, labelSelector }, signal)
    for (const service of present.items) {
      // Only what is ours by owner, never by label alone.
      const isOurs = service.metadata.ownerReferences?.some(
        ({ uid }) => uid === cluster.metadata.uid,
      )
      if (isOurs === true && !names.has(service.metadata.name)) {
        await client.delete(kinds.service, service, {}, signal)
      }
    }
    const brokers = nodes.filter(({ pool }) => hasRole(pool, 'broker')).length
    return { finding: good('ServicesApplied', `${brokers} brokers can be reached`), againMs: null }
  },
}
