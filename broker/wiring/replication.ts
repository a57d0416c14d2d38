// Wires the replicas of a broker to those of others: the manager, the links to leaders, and the
// service that followers come to.

import type { MetadataDelta, MetadataImage } from '@samsa/controller/image'
import type { NodeCredentials } from '@samsa/proto/grpc/credentials'
import type { CurrentConfig } from '../config/current-config.ts'
import type { LogEvents, LogManager } from '../log/log-manager.ts'
import type { GrpcServer } from '../peer/grpc-server.ts'
import { ReplicationClient } from '../peer/replication-client.ts'
import { ReplicationServer } from '../peer/replication-server.ts'
import {
  DirectoryAssignments,
  type DirectoryAssignmentsOptions,
} from '../replica/directory-assignments.ts'
import { ReplicaManager, type ReplicaManagerOptions } from '../replica/replica-manager.ts'
import { Scrubber } from '../replica/scrubber.ts'
import { systemClock, systemTimers } from '../system-time.ts'
import { YoungMemory } from '../young-memory.ts'

type FromNode =
  | 'nodeId'
  | 'image'
  | 'brokerEpoch'
  | 'isRegistered'
  | 'alterPartition'
  | 'inContact'
  | 'leadership'

export interface ReplicationOptions extends Pick<ReplicaManagerOptions, FromNode> {
  readonly logs: LogManager
  readonly config: CurrentConfig
  readonly grpc: GrpcServer
  readonly events: LogEvents
  readonly credentials: NodeCredentials
  readonly assignDirectories: DirectoryAssignmentsOptions['assign']
}

export class Replication {
  readonly replicas: ReplicaManager
  readonly #links: ReplicationClient
  readonly #service: ReplicationServer
  readonly #scrubber: Scrubber
  readonly #directories: DirectoryAssignments

  constructor(options: ReplicationOptions) {
    const { nodeId, image, brokerEpoch, events, config } = options
    const time = { clock: systemClock, timers: systemTimers }
    const shared = { nodeId, image, brokerEpoch, events, ...time }
    const memory = new YoungMemory()
    this.#links = new ReplicationClient({
      ...shared,
      credentials: options.credentials,
      memory,
      throttledRate: () => config.broker.followerReplicationThrottledRate,
      throttledReplicas: (topic) => config.topic(topic).followerThrottledReplicas,
    })
    this.replicas = new ReplicaManager({
      ...shared,
      logs: options.logs,
      topicConfig: (topic) => config.topic(topic),
      lagTimeMaxMs: () => config.broker.replicaLagTimeMaxMs,
      isRegistered: options.isRegistered,
      alterPartition: options.alterPartition,
      inContact: options.inContact,
      leadership: options.leadership,
      links: this.#links,
    })
    this.#service = new ReplicationServer({
      ...shared,
      memory,
      replicas: this.replicas,
      isNode: (call, brokerId) => options.grpc.isNode(call, brokerId),
      throttledRate: () => config.broker.leaderReplicationThrottledRate,
      throttledReplicas: (topic) => config.topic(topic).leaderThrottledReplicas,
    })
    this.#scrubber = new Scrubber({
      partitions: () => this.replicas.all(),
      timers: systemTimers,
      events,
      metrics: this.replicas.metrics,
      bytesPerSecond: () => config.broker.logScrubBytesPerSecond,
      onDamage: (partition, error) => this.replicas.onDamage(partition, error),
    })
    this.#scrubber.start()
    options.grpc.add(this.#service.service, this.#service.handlers)
    this.#directories = new DirectoryAssignments({
      ...shared,
      partitions: () => this.replicas.all(),
      givesUp: (partition) => this.replicas.givesUp(partition),
      assign: options.assignDirectories,
    })
  }

  onMetadata(image: MetadataImage, delta: MetadataDelta): void {
    this.replicas.apply(image, delta)
    this.#links.onMetadata(delta)
  }

  /** Followers of other brokers look for another leader; what this one follows goes on. */
  closeService(): void {
    this.#service.close()
  }

  async close(): Promise<void> {
    this.#directories.close()
    await this.#scrubber.close()
    this.#service.close()
    await this.replicas.close()
    this.#links.close()
  }
}
