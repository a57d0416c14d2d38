// The real Kubernetes that KUBECONFIG names, as tests see it: objects by the project's own client,
// and kubectl where what kubectl does is what is tested.

import { KubeClient } from '../../../operator/kube/client.ts'
import { kubeAccess } from '../../../operator/kube/kube-config.ts'
import { NodeTransport } from '../../../operator/kube/node-transport.ts'
import type { Kind, KubeObject } from '../../../operator/kube/objects.ts'
import { kinds } from '../../../operator/kube/objects.ts'
import { type Finished, run } from '../conformance/processes.ts'
import { waitFor } from '../conformance/wait.ts'

export const namespaceKind: Kind = {
  apiVersion: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
}

let shared: KubeClient | undefined

export function kubeClient(): KubeClient {
  if (process.env['KUBECONFIG'] === undefined) {
    throw new Error('KUBECONFIG is not set: run these tests by `npm run test:kube`')
  }
  shared ??= new KubeClient({
    transport: new NodeTransport(kubeAccess().endpoint),
    timeoutMs: 30_000,
  })
  return shared
}

export async function kubectl(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('kubectl', args)
  return stdout.toString()
}

/** Applies by kubectl, as people do; the answer tells whether it was refused. */
export function kubectlApply(namespace: string, objects: readonly object[]): Promise<Finished> {
  const input = objects.map((one) => JSON.stringify(one)).join('\n---\n')
  return run('kubectl', ['-n', namespace, 'apply', '-f', '-'], { input, allowFailure: true })
}

/** An object as it is now, by whatever fields the caller knows it to have. */
export async function read<T extends object>(
  kind: Kind,
  namespace: string | undefined,
  name: string,
): Promise<(T & KubeObject) | null> {
  return kubeClient().get<T & KubeObject>(kind, namespace, name)
}

/** A namespace in which only pods of the restricted standard may run. */
export async function makeNamespace(name: string): Promise<void> {
  await kubeClient().apply(namespaceKind, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  })
}

export async function dropNamespace(name: string, timeoutMs = 90_000): Promise<void> {
  await kubeClient().delete(namespaceKind, { metadata: { name } })
  const isGone = async () => (await read(namespaceKind, undefined, name)) === null
  await waitFor(isGone, { what: `namespace ${name} to be gone`, timeoutMs })
}

/** The address of some node, by which node ports are reached. */
export async function nodeAddress(): Promise<string> {
  interface Node {
    readonly status: { readonly addresses: readonly { type: string; address: string }[] }
  }
  const { items } = await kubeClient().list<Node & KubeObject>(kinds.node, {})
  const addresses = items.flatMap(({ status }) => status.addresses)
  const found = addresses.find(({ type }) => type === 'InternalIP')?.address
  if (found === undefined) throw new Error('no node has an address')
  return found
}
