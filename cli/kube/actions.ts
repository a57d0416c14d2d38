// Commands that ask the operator for something, by a field or an annotation of the resource:
// restart, pause, resume, approve, reassign. None of them does it itself, so that all of it goes on
// when the terminal is closed, and by the operator's own rules.

import { annotationKeys, labelKeys } from '@samsa/operator/desired/names'
import type { KubeClient } from '@samsa/operator/kube/client'
import { kinds } from '@samsa/operator/kube/objects'
import type { KafkaCluster } from '@samsa/operator/resources/kafka-cluster'
import { integer } from '../command/options.ts'
import { CommandError } from '../errors.ts'
import { note } from '../format/print.ts'
import { defineKubeCommand } from './kube-command.ts'

export const kubeRestart = defineKubeCommand({
  options: { node: integer('ID', 'Only the pod of this node.') },
  notes: `Pods go one after the other, and only while every partition keeps min.insync.replicas and
the controllers their majority; 'kubectl samsa status' says what a pod waits for.

Examples:
  kubectl samsa restart orders
  kubectl samsa restart orders --node 2`,
  async run({ options, client, cluster, io }) {
    const annotations = { [annotationKeys.restartAt]: new Date().toISOString() }
    const { name } = cluster.metadata
    if (options.node === undefined) {
      await change(client, cluster, { metadata: { annotations } }, io.signal)
      return await note(io, `the pods of ${name} are restarted one after the other`)
    }
    const pod = await podOf(client, cluster, options.node, io.signal)
    await client.merge(kinds.pod, pod, { metadata: { annotations } }, io.signal)
    // A pod's annotation is no change that the operator waits for in its spec.
    await note(io, `pod ${pod.metadata.name} is restarted as soon as it may be`)
  },
})

export const kubePause = defineKubeCommand({
  options: {},
  notes: "Nothing of the cluster is changed, repaired or rolled until 'kubectl samsa resume'.",
  async run({ client, cluster, io }) {
    await change(client, cluster, { spec: { paused: true } }, io.signal)
    await note(io, `${cluster.metadata.name} is left alone from now on`)
  },
})

export const kubeResume = defineKubeCommand({
  options: {},
  async run({ client, cluster, io }) {
    await change(client, cluster, { spec: { paused: false } }, io.signal)
    await note(io, `${cluster.metadata.name} is looked after again`)
  },
})

export const kubeApprove = defineKubeCommand({
  options: {},
  notes: `For clusters with updatePolicy.type OnApproval: pods may be replaced for the spec as it is
now. What is changed later has to be approved again.`,
  async run({ client, cluster, io }) {
    const { generation, name } = cluster.metadata
    if (cluster.spec.updatePolicy?.type !== 'OnApproval') {
      throw new CommandError(`${name} waits for no approval: its updatePolicy is another`)
    }
    const annotations = { [annotationKeys.approved]: String(generation) }
    await change(client, cluster, { metadata: { annotations } }, io.signal)
    await note(io, `generation ${generation} of ${name} is approved`)
  },
})

export const kubeReassign = defineKubeCommand({
  options: {},
  notes: `Replicas and leaders are spread evenly over all brokers and zones, no faster than
rebalance.throttleBytesPerSecond; as little moves as that takes. 'kubectl samsa status' tells how
far it is. For plans of your own: samsa partition reassign.`,
  async run({ client, cluster, io }) {
    const annotations = { [annotationKeys.rebalance]: new Date().toISOString() }
    await change(client, cluster, { metadata: { annotations } }, io.signal)
    await note(io, `the replicas of ${cluster.metadata.name} are spread evenly`)
  },
})

async function change(
  client: KubeClient,
  cluster: KafkaCluster,
  patch: object,
  signal: AbortSignal,
): Promise<void> {
  await client.merge(kinds.kafkaCluster, cluster, patch, signal)
}

async function podOf(
  client: KubeClient,
  { metadata: { name, namespace } }: KafkaCluster,
  node: number,
  signal: AbortSignal,
) {
  const labelSelector = `${labelKeys.cluster}=${name},${labelKeys.nodeId}=${node}`
  const { items } = await client.list(kinds.pod, { namespace, labelSelector }, signal)
  const [pod] = items
  if (pod === undefined) throw new CommandError(`node ${node} of ${name} has no pod`)
  return pod
}
