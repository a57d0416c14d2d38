// A program in a pod of its own, to its end: clients as they run inside of Kubernetes.

import { type KubeObject, kinds } from '../../../operator/kube/objects.ts'
import { waitFor } from '../conformance/wait.ts'
import { kubeClient, kubectl } from './kube.ts'

/** Holds kcat and the libraries that it needs, and nothing else. */
export const kcatImage = process.env['SAMSA_KUBE_KCAT_IMAGE'] ?? 'samsa-kcat:test'

export interface PodProgram {
  readonly image: string
  readonly args: readonly string[]
  /** Becomes the file /input/lines. */
  readonly input?: string
}

let count = 0

/** What it printed. Throws with that when it fails. */
export async function runInPod(namespace: string, program: PodProgram): Promise<string> {
  const name = `client-${process.pid}-${++count}`
  const metadata = { name, namespace }
  const client = kubeClient()
  await client.create(kinds.configMap, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    data: { lines: program.input ?? '' },
  } as KubeObject)
  await client.create(kinds.pod, podOf(metadata, program))
  interface Pod extends KubeObject {
    readonly status?: { readonly phase?: string }
  }
  const phase = await waitFor(
    async () => {
      const pod = await client.get<Pod>(kinds.pod, namespace, name)
      const now = pod?.status?.phase
      return now === 'Succeeded' || now === 'Failed' ? now : undefined
    },
    { what: `pod ${name} to end`, timeoutMs: 60_000 },
  )
  const printed = await kubectl('-n', namespace, 'logs', name)
  if (phase === 'Failed') throw new Error(`${program.args.join(' ')} failed: ${printed}`)
  await client.delete(kinds.pod, { metadata })
  await client.delete(kinds.configMap, { metadata })
  return printed
}

function podOf(
  metadata: { readonly name: string; readonly namespace: string },
  { image, args }: PodProgram,
): KubeObject {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      volumes: [{ name: 'input', configMap: { name: metadata.name } }],
      containers: [
        {
          name: 'client',
          image,
          imagePullPolicy: 'IfNotPresent',
          args,
          volumeMounts: [{ name: 'input', mountPath: '/input' }],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  }
  return pod
}
