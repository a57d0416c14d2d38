// The chart as a release in the cluster: what most scenarios stand on. Installed by whoever comes
// first, and left for the others.

import { type KubeObject, kinds } from '../../../operator/kube/objects.ts'
import { run } from '../conformance/processes.ts'
import { waitFor } from '../conformance/wait.ts'
import { kubeClient } from './kube.ts'

export const releaseNamespace = 'samsa-system'
const chart = new URL('../../../charts/samsa', import.meta.url).pathname

/** The image that the clusters run, as loaded into the nodes. */
export function image(): { repository: string; tag: string } {
  const [repository = '', tag = ''] = (process.env['SAMSA_KUBE_IMAGE'] ?? 'samsa:dev').split(':')
  return { repository, tag }
}

export async function helmInstall(...settings: readonly string[]): Promise<void> {
  const { repository, tag } = image()
  const values = [`image.repository=${repository}`, `image.tag=${tag}`, ...settings]
  await run('helm', [
    'upgrade',
    '--install',
    'samsa',
    chart,
    '--namespace',
    releaseNamespace,
    '--create-namespace',
    '--wait',
    '--timeout',
    '120s',
    ...values.flatMap((value) => ['--set', value]),
  ])
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

/** Name of the pod that holds the lease. */
export async function leader(): Promise<string | undefined> {
  interface Lease extends KubeObject {
    readonly spec?: { readonly holderIdentity?: string }
  }
  const lease = await kubeClient().get<Lease>(kinds.lease, releaseNamespace, 'samsa-operator')
  const holder = lease?.spec?.holderIdentity
  return holder === undefined || holder === '' ? undefined : holder.split('_')[0]
}

/** Kills the pod at once, with nothing said to it. */
export async function killPod(namespace: string, name: string): Promise<void> {
  const metadata = { namespace, name }
  await kubeClient().delete(kinds.pod, { metadata }, { gracePeriodSeconds: 0 })
}

export async function newLeader(before: string, timeoutMs: number): Promise<string> {
  const isOther = async () => {
    const now = await leader()
    return now !== undefined && now !== before ? now : undefined
  }
  return waitFor(isOther, { what: 'another operator to lead', timeoutMs })
}
