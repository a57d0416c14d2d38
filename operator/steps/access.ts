// Step: what lets pods run and be reached: service account, disruption budget, network policy,
// services. Applied as they should be each time; Kubernetes changes nothing where nothing differs.

import { type ExposingService, exposedAddresses } from '../desired/addresses.ts'
import { listenerStatuses } from '../desired/listener-status.ts'
import { hasRole, labelKeys } from '../desired/names.ts'
import { disruptionBudget, networkPolicy, serviceAccount, services } from '../desired/network.ts'
import { openListener } from '../desired/served-listeners.ts'
import { isInvalid } from '../kube/errors.ts'
import { type Kind, type KubeObject, kinds } from '../kube/objects.ts'
import { bad, good } from '../status/conditions.ts'
import type { Pass, Step } from './step.ts'

/** A node port is free a moment after the Service that had it is gone. */
const refusedAgainMs = 1_000
const portRefused = 'NodePortRefused'

export const access: Step = {
  condition: 'ListenersReady',
  async run(pass) {
    const { cluster, nodes, client, signal } = pass
    const apply = (kind: Kind, object: KubeObject) => client.apply(kind, object, signal)
    await apply(kinds.serviceAccount, serviceAccount(cluster))
    await apply(kinds.disruptionBudget, disruptionBudget(cluster, nodes))
    await apply(kinds.networkPolicy, networkPolicy(cluster))
    const { made, withoutPort } = await applyServices(pass)
    if (withoutPort.length > 0) {
      // The status stays as it is: the next pass takes the ports from it once more.
      const message = `the node ports that ${withoutPort.join(', ')} had are taken`
      return { finding: bad(portRefused, message), againMs: refusedAgainMs }
    }
    const status = { listeners: listenersOf(pass, made) }
    if (openListener(cluster) === null) {
      const message =
        'the operator comes in by a listener without tls and authentication: add one of type internal'
      return { finding: bad('NoOpenListener', message), againMs: null, status }
    }
    const count = nodes.filter(({ pool }) => hasRole(pool, 'broker')).length
    const finding = good('ServicesApplied', `${count} brokers can be reached`)
    return { finding, againMs: null, status }
  },
}

interface AppliedServices {
  /** As the API server has them now. */
  readonly made: readonly ExposingService[]
  /** Names of those whose port is still somebody else's: to be made in the next pass. */
  readonly withoutPort: readonly string[]
}

async function applyServices(pass: Pass): Promise<AppliedServices> {
  const { cluster, reached, client, signal, nodePorts } = pass
  const wanted = services(cluster, reached, nodePorts)
  const anyPort = services(cluster, reached, new Map())
  const made: ExposingService[] = []
  const withoutPort: string[] = []
  for (const [index, service] of wanted.entries()) {
    const fallback = anyPort[index] ?? service
    try {
      made.push(await client.apply(kinds.service, service, signal))
    } catch (error) {
      const isChosen = JSON.stringify(service) === JSON.stringify(fallback)
      if (!isInvalid(error) || isChosen) throw error
      if (wasRefused(pass)) made.push(await client.apply(kinds.service, fallback, signal))
      else withoutPort.push(service.metadata.name)
    }
  }
  await deleteOthers(pass, new Set(wanted.map(({ metadata }) => metadata.name)))
  return { made, withoutPort }
}

/** Already in the pass before: it is not about to become free. */
function wasRefused({ cluster }: Pass): boolean {
  const before = cluster.status?.conditions?.find(({ type }) => type === access.condition)
  return before?.reason === portRefused
}

async function deleteOthers(pass: Pass, wanted: ReadonlySet<string>): Promise<void> {
  const { cluster, client, services: present, surplus, pods, signal } = pass
  for (const service of present.values()) {
    // Only what is ours by owner, never by label alone.
    const isOurs = service.metadata.ownerReferences?.some(({ uid }) => uid === cluster.metadata.uid)
    const id = Number(service.spec?.selector?.[labelKeys.nodeId] ?? Number.NaN)
    const isInUse = pods.has(id) && surplus.some((node) => node.id === id)
    if (isOurs === true && !isInUse && !wanted.has(service.metadata.name)) {
      await client.delete(kinds.service, service, {}, signal)
    }
  }
}

function listenersOf(pass: Pass, made: readonly ExposingService[]) {
  const { cluster, reached, pods, services: present, nodePorts } = pass
  const brokers = reached.filter(({ pool }) => hasRole(pool, 'broker'))
  const now = new Map([...present, ...made.map((one) => [one.metadata.name, one] as const)])
  const exposed = exposedAddresses(cluster, brokers, now, nodePorts)
  const hostAddressOf = (id: number) => pods.get(id)?.status?.hostIP ?? null
  return listenerStatuses(cluster, brokers, now, exposed, hostAddressOf)
}
