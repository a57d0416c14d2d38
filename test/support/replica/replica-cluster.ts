// Brokers without clients inside the test's process: real logs on disks in memory, real replica
// managers, real gRPC over loopback, and a controller that decides with the product's functions.

import type { Disk } from '@samsa/broker/disk/disk'
import type { LogConfig } from '@samsa/broker/log/log-config'
import type { LogManager } from '@samsa/broker/log/log-manager'
import { openLogManager } from '@samsa/broker/log/open-log-manager'
import { GrpcServer } from '@samsa/broker/peer/grpc-server'
import { grpcListener } from '@samsa/broker/peer/leader-link'
import { ReplicationClient } from '@samsa/broker/peer/replication-client'
import { ReplicationServer } from '@samsa/broker/peer/replication-server'
import { DirectoryAssignments } from '@samsa/broker/replica/directory-assignments'
import type { Leading } from '@samsa/broker/replica/leading'
import type { Partition } from '@samsa/broker/replica/partition'
import { ReplicaManager } from '@samsa/broker/replica/replica-manager'
import { Scrubber } from '@samsa/broker/replica/scrubber'
import { systemClock, systemTimers } from '@samsa/broker/system-time'
import { fenceBroker, unfenceBroker } from '@samsa/controller/cluster'
import type { MetadataDelta, MetadataImage } from '@samsa/controller/image'
import { emptyImage, MetadataDraft } from '@samsa/controller/image/draft'
import type { NewRecord } from '@samsa/controller/records/record'
import { decodeRecord, encodeRecord } from '@samsa/controller/records/record'
import { replay } from '@samsa/controller/replay'
import { alterPartition } from '@samsa/controller/replication/alter-partition'
import { assignDirectories } from '@samsa/controller/replication/directories'
import type {
  AlterPartition,
  AlterPartitionResult,
  AssignDirectories,
  AssignDirectoriesResult,
} from '@samsa/controller/requests'
import { plainCredentials } from '@samsa/proto/grpc/credentials'
import { decideContext } from '../controller/controllers.ts'
import { cleanWorkerOn, logConfig, managerConfig, RecordedEvents } from '../disk/log-fixture.ts'
import { MemoryDisk } from '../disk/memory-disk.ts'

export const topicName = 'events'
export const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'
const clusterId = 'test-cluster-0000000000'

export type TopicSettings = LogConfig & {
  readonly minInsyncReplicas: number
  /** replica.lag.time.max.ms: short for tests that wait for it. */
  readonly lagTimeMaxMs: number
}

/** Where a broker keeps its logs. */
export interface Home {
  readonly disk: Disk
  readonly logDir: string
}

type Listener = (image: MetadataImage, delta: MetadataDelta) => void

/** Decides at once; a broker that is cut off hears of nothing. */
export class FakeController {
  image: MetadataImage = emptyImage
  readonly #listeners = new Map<number, Listener>()
  readonly #context = decideContext()
  refuseIsrChanges = false

  follow(brokerId: number, listener: Listener): void {
    this.#listeners.set(brokerId, listener)
  }

  unfollow(brokerId: number): void {
    this.#listeners.delete(brokerId)
  }

  apply(records: readonly NewRecord[]): void {
    const draft = new MetadataDraft(this.image)
    for (const record of records) replay(draft, decodeRecord(encodeRecord(record)))
    const { image, delta } = draft.finish(this.image.offset + records.length, 1)
    this.image = image
    for (const listener of this.#listeners.values()) listener(image, delta)
  }

  fence(brokerId: number): void {
    const epoch = this.image.brokers.get(brokerId)?.epoch ?? -1
    this.apply(fenceBroker(this.image, { brokerId, epoch }, this.#context).records)
  }

  unfence(brokerId: number): void {
    const epoch = this.image.brokers.get(brokerId)?.epoch ?? -1
    this.apply(unfenceBroker(this.image, { brokerId, epoch }, this.#context).records)
  }

  async assignDirectories(request: AssignDirectories): Promise<AssignDirectoriesResult[]> {
    await new Promise(setImmediate)
    const { records, response } = assignDirectories(this.image, request, this.#context)
    this.apply(records)
    return response
  }

  async alterPartition(request: AlterPartition): Promise<AlterPartitionResult[]> {
    await new Promise(setImmediate)
    if (this.refuseIsrChanges) throw new Error('the controller cannot be reached')
    const { records, response } = alterPartition(this.image, request, this.#context)
    this.apply(records)
    return response
  }
}

export class TestBroker {
  readonly id: number
  readonly events = new RecordedEvents()
  /** Whether the controller hears of it. */
  inContact = true
  readonly #logDir: string
  #disk: Disk
  readonly #controller: FakeController
  readonly #settings: () => TopicSettings
  #image: MetadataImage = emptyImage
  #epoch = -1
  #logs: LogManager | null = null
  #replicas: ReplicaManager | null = null
  #links: ReplicationClient | null = null
  #service: ReplicationServer | null = null
  #directories: DirectoryAssignments | null = null
  #server: GrpcServer | null = null

  constructor(id: number, controller: FakeController, settings: () => TopicSettings, home: Home) {
    this.id = id
    this.#disk = home.disk
    this.#logDir = home.logDir
    this.#controller = controller
    this.#settings = settings
  }

  get disk(): MemoryDisk {
    if (!(this.#disk instanceof MemoryDisk)) throw new Error('the disk is a real one')
    return this.#disk
  }

  get replicas(): ReplicaManager {
    if (this.#replicas === null) throw new Error(`broker ${this.id} is not running`)
    return this.#replicas
  }

  get image(): MetadataImage {
    return this.#image
  }

  get partition(): Partition {
    const partition = this.replicas.find(topicId, 0)
    if (partition === undefined) throw new Error(`broker ${this.id} holds no replica`)
    return partition
  }

  get leading(): Leading {
    const { leading } = this.partition
    if (leading === null) throw new Error(`broker ${this.id} does not lead`)
    return leading
  }

  async start(): Promise<void> {
    const { id: nodeId, events } = this
    this.#logs = await openLogManager(this.#disk, {
      logDirs: [this.#logDir],
      nodeId,
      clusterId,
      config: () => managerConfig,
      topicConfig: this.#settings,
      clock: systemClock,
      timers: systemTimers,
      random: () => 0.5,
      events,
      cleanWorker: cleanWorkerOn(this.#disk),
    })
    const shared = {
      nodeId,
      image: () => this.#image,
      brokerEpoch: () => this.#epoch,
      clock: systemClock,
      timers: systemTimers,
      events,
      throttledRate: () => Number.MAX_SAFE_INTEGER,
      throttledReplicas: () => [],
      memory: { shortLived: () => {} },
      credentials: plainCredentials,
      isNode: () => true,
    }
    this.#links = new ReplicationClient(shared)
    this.#replicas = new ReplicaManager({
      ...shared,
      logs: this.#logs,
      topicConfig: this.#settings,
      lagTimeMaxMs: () => this.#settings().lagTimeMaxMs,
      isRegistered: () => this.#image.brokers.get(nodeId)?.epoch === this.#epoch,
      alterPartition: (request) => this.#controller.alterPartition(request),
      links: this.#links,
      inContact: () => this.inContact,
      leadership: { onElected: () => {}, onResigned: () => {} },
    })
    const replicas = this.#replicas
    this.#directories = new DirectoryAssignments({
      ...shared,
      partitions: () => replicas.all(),
      givesUp: (partition) => replicas.givesUp(partition),
      assign: (request) => this.#controller.assignDirectories(request),
    })
    this.#image = this.#controller.image
    await this.#replicas.start(this.#image)
    this.#controller.follow(nodeId, (image, delta) => this.#onMetadata(image, delta))
    this.#service = new ReplicationServer({ ...shared, replicas: this.#replicas })
    this.#server = new GrpcServer()
    this.#server.add(this.#service.service, this.#service.handlers)
    this.#register(await this.#server.start({ host: '127.0.0.1', port: 0 }))
  }

  #onMetadata(image: MetadataImage, delta: MetadataDelta): void {
    this.#image = image
    this.#replicas?.apply(image, delta)
    this.#links?.onMetadata(delta)
  }

  #register(port: number): void {
    this.#epoch = this.#controller.image.nextBrokerEpoch + 1
    const endpoint = { listener: grpcListener, host: '127.0.0.1', port, securityProtocol: 0 }
    this.#controller.apply([
      {
        type: 'registerBroker',
        brokerId: this.id,
        incarnationId: `incarnation-${this.#epoch}`.padEnd(22, 'A'),
        brokerEpoch: this.#epoch,
        endpoints: [endpoint],
        features: [],
        rack: null,
        fenced: false,
        logDirs: this.#logs?.onlineDirectoryIds ?? [],
      },
    ])
  }

  /** Looks at all logs at once, as a node does slowly. */
  scrub(): Scrubber {
    const scrubber = new Scrubber({
      partitions: () => this.replicas.all(),
      timers: systemTimers,
      events: this.events,
      metrics: this.replicas.metrics,
      onDamage: (partition, error) => this.replicas.onDamage(partition, error),
      bytesPerSecond: () => Number.MAX_SAFE_INTEGER,
      firstDelayMs: 0,
    })
    scrubber.start()
    return scrubber
  }

  /** Ends as by kill -9: what was written is there, and nobody marks the stop as clean. */
  async crash(): Promise<void> {
    const left = this.disk.afterCrash('process', () => 0.5)
    await this.stop()
    this.#disk = left
  }

  /** Ends without a word to the controller; what is not synced stays, as at a kill -9. */
  async stop(): Promise<void> {
    this.#controller.unfollow(this.id)
    this.#directories?.close()
    this.#service?.close()
    await this.#server?.close(100)
    await this.#replicas?.close()
    this.#links?.close()
    // The disk of a killed process takes nothing more.
    await this.#logs?.close().catch(() => undefined)
    this.#replicas = null
    this.#server = null
  }
}

export interface ReplicaCluster {
  readonly controller: FakeController
  readonly brokers: readonly TestBroker[]
  broker(id: number): TestBroker
  close(): Promise<void>
}

/** Brokers 1, 2, … that are registered, and a topic of one partition on all of them, led by 1. */
export async function startReplicaCluster(
  size: number,
  settings: Partial<TopicSettings> = {},
  homeOf: (id: number) => Home = () => ({ disk: new MemoryDisk(), logDir: '/data' }),
): Promise<ReplicaCluster> {
  const controller = new FakeController()
  const topic: TopicSettings = {
    ...logConfig,
    minInsyncReplicas: 1,
    lagTimeMaxMs: 30_000,
    ...settings,
  }
  const ids = Array.from({ length: size }, (_, index) => index + 1)
  const brokers = ids.map((id) => new TestBroker(id, controller, () => topic, homeOf(id)))
  for (const broker of brokers) await broker.start()
  controller.apply([
    { type: 'topic', name: topicName, topicId },
    {
      type: 'partition',
      topicId,
      partitionId: 0,
      replicas: ids,
      isr: ids,
      leader: 1,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories: ids.map(() => 'AAAAAAAAAAAAAAAAAAAAAA'),
    },
  ])
  return {
    controller,
    brokers,
    broker(id) {
      const found = brokers[id - 1]
      if (found === undefined) throw new Error(`no broker ${id}`)
      return found
    },
    async close() {
      for (const broker of brokers) await broker.stop()
    },
  }
}

/** Looks until it is so; throws when it is not so in time. */
export async function until(what: string, look: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 10_000
  while (!look()) {
    if (performance.now() > deadlineMs) throw new Error(`${what}: not in time`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
