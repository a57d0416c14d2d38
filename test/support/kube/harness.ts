// What only the tests' own Kubernetes can do: nodes that die and come back, an API server that is
// away, pods that are frozen, killed or cut off. `npm run test:kube` leaves out what needs it where
// KUBECONFIG names another one.

import { run } from '../conformance/processes.ts'

const path = new URL('../../kube/kube', import.meta.url).pathname

/** A pod by the node that it runs on. */
export interface PlacedPod {
  readonly metadata: { readonly uid?: string }
  readonly spec: { readonly nodeName?: string }
}

/**
 * Kills the kubelet and every container of a node, with no good-bye on their connections, as a
 * machine that dies. Returns when that was, by Date.now().
 */
export async function killNode(node: string): Promise<number> {
  const { stdout } = await run(path, ['node-kill', node.replace('node-', '')])
  return Number(stdout.toString().trim())
}

export async function startNode(node: string): Promise<void> {
  await run(path, ['node-start', node.replace('node-', '')])
}

export async function apiServer(what: 'stop' | 'start'): Promise<void> {
  await run(path, [`api-${what}`])
}

/** Freezes the processes of a pod where they are, or lets them go on. */
export function freeze(pod: PlacedPod): Promise<void> {
  return ofPod('freeze', pod)
}

export function thaw(pod: PlacedPod): Promise<void> {
  return ofPod('thaw', pod)
}

/** SIGKILL to the programs of a pod. */
export function killPrograms(pod: PlacedPod): Promise<void> {
  return ofPod('kill', pod)
}

/** From now on nothing reaches the pod nor leaves it, and nobody is told; or only of one port. */
export function cutOff(pod: PlacedPod, port?: number): Promise<void> {
  return ofPod('cut', pod, ...(port === undefined ? [] : [String(port)]))
}

export function heal(pod: PlacedPod): Promise<void> {
  return ofPod('heal', pod)
}

async function ofPod(what: string, { metadata, spec }: PlacedPod, ...more: string[]) {
  const node = spec.nodeName?.replace('node-', '')
  if (node === undefined || metadata.uid === undefined) throw new Error('the pod is nowhere')
  await run(path, [`pod-${what}`, node, metadata.uid, ...more])
}
