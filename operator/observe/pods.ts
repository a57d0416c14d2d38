// What a pod's own status says of it, in the few words that decisions need. Pure.

import type { KubeObject } from '../kube/objects.ts'
import type { PodState } from '../rollout/facts.ts'

export interface Pod extends KubeObject {
  readonly spec?: {
    readonly nodeName?: string
    readonly containers?: readonly { readonly args?: readonly string[] }[]
  }
  readonly status?: {
    readonly phase?: string
    /** Of the Kubernetes node that it runs on. */
    readonly hostIP?: string
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly reason?: string
      readonly message?: string
    }[]
    readonly containerStatuses?: readonly {
      readonly state?: {
        readonly waiting?: { readonly reason?: string; readonly message?: string }
      }
    }[]
  }
}

/** The kubelet goes on trying, and nothing but another pod will help. */
const hopeless: ReadonlySet<string> = new Set([
  'CrashLoopBackOff',
  'ImagePullBackOff',
  'ErrImagePull',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
])

export interface PodView {
  readonly state: PodState
  /** For people, where the state is not good. */
  readonly detail: string | null
}

export function viewOf(pod: Pod | undefined): PodView {
  if (pod === undefined) return { state: 'missing', detail: null }
  if (pod.metadata.deletionTimestamp !== undefined) return { state: 'terminating', detail: null }
  const { phase, conditions = [], containerStatuses = [] } = pod.status ?? {}
  if (phase === 'Failed' || phase === 'Succeeded')
    return { state: 'stuck', detail: `it has ${phase}` }
  const condition = (type: string) => conditions.find((one) => one.type === type)
  if (condition('Ready')?.status === 'True') return { state: 'ready', detail: null }
  const scheduled = condition('PodScheduled')
  if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable') {
    return { state: 'stuck', detail: scheduled.message ?? 'no place for it' }
  }
  for (const { state } of containerStatuses) {
    const { reason = '', message } = state?.waiting ?? {}
    if (hopeless.has(reason))
      return { state: 'stuck', detail: `${reason}: ${message ?? ''}`.trim() }
  }
  return { state: 'starting', detail: null }
}
