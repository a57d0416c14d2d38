// A command on the resources of Kubernetes (`kubectl samsa`): adds the options that all of them
// share, finds the API server as kubectl does, and names the cluster that is meant.

import { KubeClient } from '@samsa/operator/kube/client'
import { KubeError, KubeUnreachableError } from '@samsa/operator/kube/errors'
import { NodeTransport } from '@samsa/operator/kube/node-transport'
import { kinds } from '@samsa/operator/kube/objects'
import type { KafkaCluster } from '@samsa/operator/resources/kafka-cluster'
import { type Command, defineCommand, type Invocation } from '../command/command.ts'
import { flag, type OptionTable, text, type Values } from '../command/options.ts'
import { CommandError, UsageError } from '../errors.ts'

const kubeOptions = {
  namespace: {
    ...text('NAME', "Where the cluster is; the context's own when absent."),
    short: 'n',
  },
  context: text('NAME', 'Context of the kubeconfig; the current one when absent.'),
  kubeconfig: text('FILE', 'Instead of KUBECONFIG and ~/.kube/config.'),
  json: flag('Print JSON for programs instead of text for people.'),
} satisfies OptionTable

type KubeOptions = Values<typeof kubeOptions>

export interface KubeInvocation<O extends OptionTable> extends Invocation<O> {
  readonly client: KubeClient
  readonly namespace: string
  readonly json: boolean
  /** The cluster that is named, or the only one of the namespace. */
  readonly cluster: KafkaCluster
}

export interface KubeCommandSpec<O extends OptionTable> {
  readonly options: O
  readonly notes?: string
  readonly run: (invocation: KubeInvocation<O>) => Promise<void>
}

const requestTimeoutMs = 15_000

export function defineKubeCommand<const O extends OptionTable>(spec: KubeCommandSpec<O>): Command {
  return defineCommand({
    positionals: '[cluster]',
    positionalsMax: 1,
    options: { ...spec.options, ...kubeOptions },
    ...(spec.notes !== undefined && { notes: spec.notes }),
    async run({ options, positionals, io }) {
      // The two tables were merged just above; the compiler cannot split the merged type again.
      const shared = options as unknown as KubeOptions
      const own = options as unknown as Values<O>
      const { kubeAccess } = await import('@samsa/operator/kube/kube-config')
      const access = find(() => kubeAccess({ context: shared.context, file: shared.kubeconfig }))
      const transport = new NodeTransport(access.endpoint)
      const client = new KubeClient({ transport, timeoutMs: requestTimeoutMs })
      const namespace = shared.namespace ?? access.namespace
      try {
        const cluster = await clusterOf(client, namespace, positionals[0], io.signal)
        const invocation = { options: own, positionals, io, client, namespace, cluster }
        await spec.run({ ...invocation, json: shared.json })
      } catch (error) {
        if (error instanceof KubeError || error instanceof KubeUnreachableError) {
          throw new CommandError(error.message, 1, { cause: error })
        }
        throw error
      } finally {
        transport.close()
      }
    },
  })
}

/** What is wrong with a kubeconfig is the caller's to mend, in one line. */
function find<T>(access: () => T): T {
  try {
    return access()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new CommandError(`the API server cannot be found: ${why}`, 2, { cause: error })
  }
}

async function clusterOf(
  client: KubeClient,
  namespace: string,
  name: string | undefined,
  signal: AbortSignal,
): Promise<KafkaCluster> {
  if (name !== undefined) {
    const found = await client.get<KafkaCluster>(kinds.kafkaCluster, namespace, name, signal)
    if (found !== null) return found
    throw new CommandError(`there is no KafkaCluster ${name} in namespace ${namespace}`)
  }
  const { items } = await client.list<KafkaCluster>(kinds.kafkaCluster, { namespace }, signal)
  const [only, other] = items
  if (only === undefined) {
    throw new CommandError(`there is no KafkaCluster in namespace ${namespace}: name another by -n`)
  }
  if (other === undefined) return only
  const names = items.map(({ metadata }) => metadata.name).join(', ')
  throw new UsageError(`name one of the clusters of namespace ${namespace}: ${names}`)
}
