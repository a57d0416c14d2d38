// Three brokers as the controller sees them, without any process: the first is a local node whose
// handlers answer, the others are registrations. What real brokers would tell the controller of
// themselves (that a replica has caught up, that one is gone) is told here when a test says so.

import { supportedFeatures } from '@samsa/controller/features'
import type { PartitionImage, TopicImage } from '@samsa/controller/image'
import type { Event } from './cluster-scenario.ts'
import { brokerPort, countedUuid, type LocalNode, startLocalNode } from './local-node.ts'

export interface LocalCluster extends LocalNode {
  happen(event: Event['event']): Promise<void>
}

export async function startLocalCluster(): Promise<LocalCluster> {
  const node = await startLocalNode({ overrides: ['offsets.topic.replication.factor=3'] })
  for (const brokerId of [2, 3]) await register(node, brokerId)
  return {
    ...node,
    async happen(event) {
      if (event === 'replicas catch up') return await catchUp(node)
      const { epoch } = brokerOf(node, 3)
      await node.controller.fenceBroker(3, epoch)
    },
  }
}

async function register({ controller }: LocalNode, brokerId: number): Promise<void> {
  const port = brokerPort + brokerId - 1
  await controller.registerBroker({
    brokerId,
    clusterId: controller.image().clusterId,
    incarnationId: countedUuid(),
    endpoints: [{ listener: 'PLAINTEXT', host: '127.0.0.1', port, securityProtocol: 'PLAINTEXT' }],
    features: supportedFeatures,
    rack: null,
    logDirs: [countedUuid()],
    fenced: false,
    previousBrokerEpoch: -1,
  })
}

function brokerOf({ controller }: LocalNode, brokerId: number) {
  const broker = controller.image().brokers.get(brokerId)
  if (broker === undefined) throw new Error(`broker ${brokerId} is not registered`)
  return broker
}

/** Every leader tells that its living followers are in sync. */
async function catchUp(node: LocalNode): Promise<void> {
  for (const topic of node.controller.image().topicsById.values()) {
    for (const partition of topic.partitions) await catchUpPartition(node, topic, partition)
  }
}

async function catchUpPartition(
  node: LocalNode,
  topic: TopicImage,
  partition: PartitionImage,
): Promise<void> {
  const { brokers } = node.controller.image()
  const alive = partition.replicas.filter((id) => brokers.get(id)?.fenced === false)
  if (partition.leader < 0 || alive.length === partition.isr.length) return
  // In Kafka's order: those that were in sync first.
  const newIsr = [...partition.isr, ...alive.filter((id) => !partition.isr.includes(id))]
  const results = await node.controller.alterPartition({
    brokerId: partition.leader,
    brokerEpoch: brokerOf(node, partition.leader).epoch,
    partitions: [
      {
        topicId: topic.id,
        partitionIndex: partition.index,
        leaderEpoch: partition.leaderEpoch,
        partitionEpoch: partition.partitionEpoch,
        newIsr: newIsr.map((brokerId) => ({
          brokerId,
          brokerEpoch: brokerOf(node, brokerId).epoch,
        })),
        recovering: false,
      },
    ],
  })
  const refused = results.find(({ error }) => error !== 'NONE')
  if (refused !== undefined) {
    throw new Error(`${topic.name}-${partition.index}: ${refused.error} ${refused.message ?? ''}`)
  }
}
