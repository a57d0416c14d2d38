// The chart as a release in the cluster: what most scenarios stand on. Installed by whoever comes
// first, and left for the others.

import { type KubeObject, kinds } from '../../../operator/kube/objects.ts'
import { run } from '../conformance/processes.ts'
import { waitFor } from '../conformance/wait.ts'
import { kubeClient } from './kube.ts'

export const releaseNamespace = 'samsa-system'
export const chart = new URL('../../../charts/samsa', import.meta.url).pathname

/** The image that the clusters run, as loaded into the nodes. */
export function image(): { repository: string; tag: string } {
  const [repository = '', tag = ''] = (process.env['SAMSA_KUBE_IMAGE'] ?? 'samsa:dev').split(':')
  return { repository, tag }
}

export interface Release {
  readonly namespace?: string
  /** Another chart than that of the project. */
  readonly from?: string
  readonly values?: readonly string[]
}

/** Makes the release what it should be, whatever it was. */
export async function helmInstall({
  namespace = releaseNamespace,
  from = chart,
  values = [],
}: Release = {}): Promise<void> {
  const { repository, tag } = image()
  const all = [`image.repository=${repository}`, `image.tag=${tag}`, ...values]
  const where = ['--namespace', namespace, '--create-namespace', '--wait', '--timeout', '120s']
  const settings = all.flatMap((value) => ['--set', value])
  await helm('upgrade', '--install', 'samsa', from, ...where, ...settings)
}

export async function helmUninstall(): Promise<void> {
  const where = ['--namespace', releaseNamespace, '--wait', '--ignore-not-found']
  await helm('uninstall', 'samsa', ...where)
}

export async function helm(...args: readonly string[]): Promise<void> {
  await run('helm', args)
}

export interface OperatorPod extends KubeObject {
  readonly spec: { readonly nodeName: string }
  readonly status: {
    readonly podIP: string
    readonly conditions?: readonly { type: string; status: string }[]
  }
}

export async function operatorPods(): Promise<readonly OperatorPod[]> {
  const { items } = await kubeClient().list<OperatorPod>(kinds.pod, {
    namespace: releaseNamespace,
    labelSelector: 'app.kubernetes.io/name=samsa-operator',
  })
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
}

/** Who holds the lease: `<pod>_<start>`, another one for each start of a process. */
export async function holder(): Promise<string | undefined> {
  interface Lease extends KubeObject {
    readonly spec?: { readonly holderIdentity?: string }
  }
  const lease = await kubeClient().get<Lease>(kinds.lease, releaseNamespace, 'samsa-operator')
  const identity = lease?.spec?.holderIdentity
  return identity === '' ? undefined : identity
}

/** Name of the pod that holds the lease. */
export async function leader(): Promise<string | undefined> {
  return (await holder())?.split('_')[0]
}

/** The pod that holds the lease, once there is one. */
export async function leadingPod(timeoutMs = 60_000): Promise<OperatorPod> {
  const probe = async () => {
    const [name, all] = [await leader(), await operatorPods()]
    return all.find(({ metadata }) => metadata.name === name)
  }
  return waitFor(probe, { what: 'an operator to lead', timeoutMs })
}

/** Deletes the pod without the time to stop in order. */
export async function killPod(namespace: string, name: string): Promise<void> {
  const metadata = { namespace, name }
  await kubeClient().delete(kinds.pod, { metadata }, { gracePeriodSeconds: 0 })
}

/** Resolves when another process than `before` holds the lease. */
export async function newHolder(before: string, timeoutMs: number): Promise<string> {
  const isOther = async () => {
    const now = await holder()
    return now !== undefined && now !== before ? now : undefined
  }
  return waitFor(isOther, { what: 'another operator to lead', timeoutMs })
}
