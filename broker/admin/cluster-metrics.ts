// Metrics of the cluster as this node knows it, and of its controller if it has one: named after
// Kafka's (ActiveControllerCount, ActiveBrokerCount, FencedBrokerCount, ...). Read off when
// somebody asks for them.

import type { MetadataImage } from '@samsa/controller/image'
import { Gauge, type MetricsRegistry } from './prometheus.ts'

export interface ClusterMetricsSources {
  readonly nodeId: number
  readonly client: { image(): MetadataImage }
  /** null where the node has no controller. */
  readonly controller: ControllerMetricsSource | null
}

export interface ControllerMetricsSource {
  status(): Promise<ControllerFigures | null>
}

interface ControllerFigures {
  readonly isActive: boolean
  readonly epoch: number
  readonly highWatermark: number
  readonly voterCount: number
  readonly connectedBrokers: number
  readonly followers: number
  readonly damageCount: number
  readonly eventLoopDelayMaxMs: number
}

export function registerClusterMetrics(
  registry: MetricsRegistry,
  { nodeId, client, controller }: ClusterMetricsSources,
): void {
  const gauge = (name: string, help: string, read: () => number) => {
    const made: InstanceType<typeof Gauge> = new Gauge({
      name,
      help,
      registers: [registry],
      collect: () => made.set(read()),
    })
  }
  const brokers = () => [...client.image().brokers.values()]
  gauge('samsa_active_controller_count', '1 where this node is the active controller.', () =>
    client.image().controllerId === nodeId ? 1 : 0,
  )
  gauge('samsa_active_broker_count', 'Brokers that are registered and not fenced.', () => {
    return brokers().filter(({ fenced }) => !fenced).length
  })
  gauge('samsa_fenced_broker_count', 'Brokers that are registered and fenced.', () => {
    return brokers().filter(({ fenced }) => fenced).length
  })
  gauge('samsa_controlled_shutdown_broker_count', 'Brokers that are about to stop.', () => {
    return brokers().filter(({ inControlledShutdown }) => inControlledShutdown).length
  })
  gauge(
    'samsa_metadata_applied_offset',
    'The last metadata record that this node lives by.',
    () => client.image().offset,
  )
  gauge('samsa_global_topic_count', 'Topics of the cluster.', () => client.image().topicsById.size)
  gauge('samsa_global_partition_count', 'Partitions of the cluster.', () => {
    return sum(client.image(), ({ partitions }) => partitions.length)
  })
  gauge('samsa_offline_partitions_count', 'Partitions of the cluster without a leader.', () => {
    return sum(
      client.image(),
      ({ partitions }) => partitions.filter(({ leader }) => leader < 0).length,
    )
  })
  if (controller !== null) registerController(registry, controller)
}

function sum(
  image: MetadataImage,
  of: (topic: { readonly partitions: readonly { readonly leader: number }[] }) => number,
): number {
  let total = 0
  for (const topic of image.topicsById.values()) total += of(topic)
  return total
}

function registerController(registry: MetricsRegistry, controller: ControllerMetricsSource): void {
  /** One question to the controller's thread a scrape: all metrics are collected in one turn. */
  let asked: Promise<ControllerFigures | null> | null = null
  const ask = () => {
    asked ??= controller.status().finally(() => {
      asked = null
    })
    return asked
  }
  const gauge = (name: string, help: string, read: (status: ControllerFigures) => number) => {
    const made: InstanceType<typeof Gauge> = new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const status = await ask()
        if (status !== null) made.set(read(status))
      },
    })
  }
  gauge('samsa_controller_epoch', 'The epoch of the leader of the controller quorum.', (status) => {
    return status.epoch
  })
  gauge(
    'samsa_controller_high_watermark',
    'What is committed in the metadata log, as far as this controller knows.',
    (status) => status.highWatermark,
  )
  gauge('samsa_controller_voter_count', 'Voters of the controller quorum.', (status) => {
    return status.voterCount
  })
  gauge(
    'samsa_controller_broker_session_count',
    'Brokers with an open session at this controller.',
    (status) => status.connectedBrokers,
  )
  gauge(
    'samsa_controller_follower_count',
    'Nodes that follow the metadata of this controller.',
    (status) => status.followers,
  )
  gauge(
    'samsa_controller_damaged_log_count',
    'How often the metadata log was found damaged, and healed from the others, since the start.',
    (status) => status.damageCount,
  )
  gauge(
    'samsa_controller_event_loop_delay_max_seconds',
    "How late the controller's event loop was at most, since the last scrape.",
    (status) => status.eventLoopDelayMaxMs / 1000,
  )
}
