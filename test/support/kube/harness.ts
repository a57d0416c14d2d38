// What only the tests' own Kubernetes can do: nodes that die and come back, an API server that is
// away. `npm run test:kube` leaves out what needs it where KUBECONFIG names another one.

import { run } from '../conformance/processes.ts'

const path = new URL('../../kube/kube', import.meta.url).pathname

/** Stops the kubelet and every container of a node at once, as a machine that dies. */
export async function killNode(node: string): Promise<void> {
  await run(path, ['node-kill', node.replace('node-', '')])
}

export async function startNode(node: string): Promise<void> {
  await run(path, ['node-start', node.replace('node-', '')])
}

export async function apiServer(what: 'stop' | 'start'): Promise<void> {
  await run(path, [`api-${what}`])
}

/** Freezes the processes of a pod where they are, or lets them go on. */
export async function pod(what: 'freeze' | 'thaw', node: string, uid: string): Promise<void> {
  await run(path, [`pod-${what}`, node.replace('node-', ''), uid])
}
