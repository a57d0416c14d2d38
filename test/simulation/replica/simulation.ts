// One seed: brokers with replicated partitions under faults, then healed. While the faults last
// nothing may break (checker.ts); after they end all must come together again and go on.

import type { MetadataImage } from '@samsa/controller/image'
import { drain } from '../shared/drain.ts'
import { EventQueue } from '../shared/event-queue.ts'
import { Random } from '../shared/random.ts'
import { violated } from '../shared/violation.ts'
import { fetch, latestOffset, type PartitionAddress, produce } from './broker-api.ts'
import { BrokerHost, type BrokerRun, type BrokerWorld } from './broker-host.ts'
import { Checker, type Truth } from './checker.ts'
import { type ClientWorld, Consumer, Producer, produceOnce } from './clients.ts'
import { ControllerHost } from './controller-host.ts'
import { Disturbances, someBrokers } from './disturbances.ts'
import { drawFaults, type Faults } from './faults.ts'
import type { Flaws } from './flaws.ts'
import type { ModelDisk } from './model-disk.ts'
import type { LogWatcher } from './model-log.ts'
import { ModelQuorum } from './model-quorum.ts'
import type { Mutation } from './mutations.ts'
import { Network } from './network.ts'

const foundWithinMs = 15_000
const healWithinMs = 20_000
const topicName = 'topic'
const controllerIds = [101, 102]
const healthyAsks = { askLossChance: 0, askTwiceChance: 0, askDelayMaxMs: 1 }

export interface SimulationSetup {
  readonly seed: number
  readonly mutation?: Mutation
  readonly faults?: Partial<Faults>
  readonly log?: (line: string) => void
}

export interface Report {
  readonly seed: number
  readonly events: number
  readonly committed: number
  readonly acknowledged: number
  readonly read: number
  readonly elections: number
  readonly lastResorts: number
  readonly isrChanges: number
  readonly crashes: number
  readonly powerCuts: number
  readonly healMs: number
}

export class Simulation {
  readonly faults: Faults
  readonly #setup: SimulationSetup
  readonly #flaws: Flaws
  readonly #random: Random
  readonly #events = new EventQueue()
  readonly #network: Network
  readonly #checker: Checker
  readonly #quorum: ModelQuorum
  readonly #controllers = new Map<number, ControllerHost>()
  readonly #brokers = new Map<number, BrokerHost>()
  readonly #world: BrokerWorld
  readonly #clients: ClientWorld
  readonly #producers: Producer[] = []
  readonly #consumers: Consumer[] = []
  readonly #addresses: PartitionAddress[] = []
  /** When the last request of a client to a broker arrives: their order is kept. */
  readonly #lastArrivalMs = new Map<string, number>()
  #isHealed = false
  #uuids = 0
  #numbers = 0
  /** What went wrong outside of the event that is under way. */
  #failure: Error | null = null
  readonly #disturbances: Disturbances
  #eventCount = 0

  constructor(setup: SimulationSetup) {
    this.#setup = setup
    const { mutation } = setup
    this.#flaws = new Set(mutation?.flaws)
    this.#random = new Random(setup.seed)
    this.faults = { ...drawFaults(this.#random), ...mutation?.faults, ...setup.faults }
    const { faults } = this
    const fork = () => this.#random.fork()
    this.#network = new Network(this.#events, fork(), faults)
    const disks = (brokerId: number): ModelDisk | undefined => this.#brokers.get(brokerId)?.disk
    this.#checker = new Checker({
      minInsyncReplicas: faults.minInsyncReplicas,
      keepsProducers: faults.deleteRecordsEveryMs === 0,
      diskOf: disks,
    })
    this.#quorum = new ModelQuorum({
      events: this.#events,
      random: fork(),
      delayMaxMs: () => (this.#isHealed ? 2 : faults.metadataDelayMaxMs / 4 + 1),
      onStep: (step, before) =>
        this.#stepped(step.image, before, () => this.#checker.stepped(step, before)),
    })
    this.#world = this.#makeWorld(fork())
    this.#clients = this.#makeClients()
    this.#disturbances = new Disturbances({
      ...this.#world,
      random: fork(),
      addresses: this.#addresses,
    })
    for (const nodeId of controllerIds) {
      this.#controllers.set(nodeId, new ControllerHost(this.#world, nodeId))
    }
    for (let brokerId = 1; brokerId <= faults.brokerCount; brokerId++) {
      this.#brokers.set(brokerId, new BrokerHost(this.#world, brokerId))
    }
  }

  #stepped(image: MetadataImage, before: MetadataImage, check: () => void): void {
    check()
    for (const { partitions } of image.topicsById.values()) {
      for (const p of partitions) {
        if (before.topicsByName.get(topicName)?.partitions[p.index] === p) continue
        this.#log(() => {
          const { index, leader, leaderEpoch, partitionEpoch, isr, elr, replicas, lastKnownElr } = p
          const epochs = `epochs ${leaderEpoch}/${partitionEpoch}`
          const inSync = `ISR ${isr.join()} of ${replicas.join()}`
          const sets = `${inSync}, eligible ${elr.join()}, last known ${lastKnownElr.join()}`
          return `partition ${index}: leader ${leader}, ${epochs}, ${sets}`
        })
      }
    }
  }

  #makeWorld(random: Random): BrokerWorld {
    const { faults } = this
    const effectRandom = random.fork()
    return {
      events: this.#events,
      random,
      network: this.#network,
      quorum: this.#quorum,
      newUuid: () => {
        const bytes = Buffer.alloc(16)
        bytes.writeUInt32BE(0xc0ffee, 0)
        bytes.writeUInt32BE(++this.#uuids, 12)
        return bytes.toString('base64url')
      },
      minInsyncReplicas: faults.minInsyncReplicas,
      flaws: this.#flaws,
      isRefused: (from, host) => this.#isRefused(from, host),
      log: (line) => this.#log(line),
      faults,
      askFaults: () => (this.#isHealed ? healthyAsks : faults),
      watcher: this.#reporting(this.#checker),
      controllers: this.#controllers,
      brokers: this.#brokers,
      isHealed: () => this.#isHealed,
      effectCrash: (broker) => {
        if (this.#isHealed || this.#addresses.length === 0) return
        if (effectRandom.chance(faults.effectCrashChance))
          this.#disturbances.crash(broker, effectRandom)
      },
    }
  }

  /**
   * What the checker finds in the middle of the product's code must not be taken for the product's
   * own error.
   */
  #reporting(watcher: LogWatcher): LogWatcher {
    return {
      led: (log, batch) => this.#guard(() => watcher.led(log, batch)),
      highWatermarkMoved: (log, from) => this.#guard(() => watcher.highWatermarkMoved(log, from)),
      startMoved: (log) => this.#guard(() => watcher.startMoved(log)),
      cut: (log, offset) => this.#guard(() => watcher.cut(log, offset)),
    }
  }

  #isRefused(from: string, host: string): Promise<boolean> {
    return new Promise((resolve) => {
      this.#network.send(from, host, () => {
        const isDown = ![...this.#brokers.values()].some((one) => one.name === host && one.isUp)
        this.#network.send(host, from, () => resolve(isDown))
      })
      // A link that is cut tells nothing.
      this.#events.after(300, () => resolve(false))
    })
  }

  #makeClients(): ClientWorld {
    const random = this.#random.fork()
    return {
      events: this.#events,
      checker: this.#checker,
      lookUp: ({ topicId, index }) => {
        const runs = this.#runs
        if (runs.length === 0) return null
        const partition = random.pick(runs).image.topicsById.get(topicId)?.partitions[index]
        if (partition === undefined || partition.leader < 0) return null
        return { leader: partition.leader, leaderEpoch: partition.leaderEpoch }
      },
      replicaOf: ({ topicId, index }) => {
        const partition = this.#quorum.image.topicsById.get(topicId)?.partitions[index]
        return partition === undefined ? -1 : random.pick(partition.replicas)
      },
      produce: (client, brokerId, { address, batch, acks }, answered) =>
        this.#request(
          client,
          brokerId,
          (run) => produce(run, address, batch, this.#flaws.has('acks early') ? 1 : acks),
          answered,
        ),
      fetch: (client, brokerId, { address, offset, leaderEpoch }, answered) =>
        this.#request(
          client,
          brokerId,
          (run) => fetch(run, address, offset, leaderEpoch),
          answered,
        ),
      latestOffset: (client, brokerId, { address, leaderEpoch }, answered) =>
        this.#request(client, brokerId, (run) => latestOffset(run, address, leaderEpoch), answered),
      truth: (address) => this.#truth(address),
      nextNumber: () => ++this.#numbers,
      log: (line) => this.#log(line),
    }
  }

  #truth({ topicId, index }: PartitionAddress): Truth {
    const truth = this.#checker.truth(topicId, index)
    if (truth === undefined) throw new Error(`there is no partition ${index}`)
    return truth
  }

  get #runs(): BrokerRun[] {
    return [...this.#brokers.values()].flatMap(({ run }) => run ?? [])
  }

  /** A client's request: lost with its answer where the link is cut or the broker down. */
  #request<T>(
    client: string,
    brokerId: number,
    serve: (run: BrokerRun) => Promise<T>,
    answered: (answer: T) => void,
  ): void {
    const broker = this.#brokers.get(brokerId)
    if (broker === undefined) return
    const link = `${client}>${broker.name}`
    const delayMs = this.#network.delayMs(client, broker.name)
    const arrivalMs = Math.max(this.#lastArrivalMs.get(link) ?? 0, this.#events.nowMs + delayMs)
    this.#lastArrivalMs.set(link, arrivalMs)
    this.#events.after(arrivalMs - this.#events.nowMs, () => {
      const { run } = broker
      if (run === null || this.#network.isCut(client, broker.name)) return
      run.process.take(() => {
        serve(run).then(
          (answer) => {
            if (!run.process.isAlive) return
            // What the broker has said cannot be taken back.
            this.#network.send(broker.name, client, () => this.#guard(() => answered(answer)))
          },
          (error: Error) => {
            this.#failure ??= error
          },
        )
      })
    })
  }

  #guard(happen: () => void): void {
    try {
      happen()
    } catch (error) {
      this.#failure ??= error as Error
    }
  }

  #log(line: () => string): void {
    this.#setup.log?.(`${this.#events.nowMs.toFixed(1).padStart(8)} ${line()}`)
  }

  /** Throws what was broken. */
  async run(): Promise<Report> {
    await this.#found()
    this.#disturbances.plan()
    this.#planClients()
    const startMs = this.#events.nowMs
    await this.#runUntil(startMs + this.faults.durationMs, () => false)
    const healedMs = this.#events.nowMs
    await this.#comeTogether()
    const truths = [...this.#checker.truths]
    const { elections, lastResorts, isrChanges } = this.#checker
    return {
      seed: this.#setup.seed,
      events: this.#eventCount,
      crashes: this.#disturbances.crashes,
      powerCuts: this.#disturbances.powerCuts,
      committed: truths.reduce((sum, { committed }) => sum + committed.length, 0),
      acknowledged: truths.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0),
      read: this.#consumers.reduce((sum, { offset }) => sum + offset, 0),
      elections,
      lastResorts,
      isrChanges,
      healMs: Math.round(this.#events.nowMs - healedMs),
    }
  }

  /** Lets things happen until `isDone`, or until it is too late; false when it is. */
  async #runUntil(untilMs: number, isDone: () => boolean): Promise<boolean> {
    for (;;) {
      if (isDone()) return true
      if (!this.#events.next(untilMs)) return false
      this.#eventCount++
      await drain()
      if (this.#failure !== null) throw this.#failure
    }
  }

  /** A cluster with its topic, before anything fails. */
  async #found(): Promise<void> {
    const { faults } = this
    this.#quorum.elect(101, 0)
    const [first, ...others] = this.#controllers.values()
    const steps: (() => boolean)[] = []
    void first?.start()
    steps.push(() => this.#quorum.image.clusterId !== '')
    steps.push(() => {
      for (const controller of others) void controller.start()
      for (const broker of this.#brokers.values()) broker.start()
      return true
    })
    steps.push(() => {
      const known = [...this.#quorum.image.brokers.values()]
      return known.length === faults.brokerCount && known.every(({ fenced }) => !fenced)
    })
    steps.push(() => {
      const assignments = Array.from({ length: faults.partitionCount }, (_, partitionIndex) => ({
        partitionIndex,
        brokerIds: someBrokers(this.#random, this.#brokers.keys(), faults.replicationFactor),
      }))
      const topic = { name: topicName, numPartitions: -1, replicationFactor: -1, configs: [] }
      void first?.controller.createTopics({
        topics: [{ ...topic, assignments }],
        validateOnly: false,
      })
      return true
    })
    steps.push(() => this.#quorum.image.topicsByName.has(topicName))
    for (const step of steps) {
      if (!(await this.#runUntil(foundWithinMs, step))) throw new Error('no cluster came about')
    }
    const topic = this.#quorum.image.topicsByName.get(topicName)
    for (const { index } of topic?.partitions ?? []) {
      this.#addresses.push({ topic: topicName, topicId: topic?.id ?? '', index })
    }
  }

  #planClients(): void {
    const { faults } = this
    const random = this.#random.fork()
    for (let count = 0; count < faults.producerCount; count++) {
      const address = random.pick(this.#addresses)
      const producerId = count + 1
      const options = { producerId, inFlightMax: faults.inFlightMax, address }
      this.#producers.push(new Producer(this.#clients, random.fork(), options))
    }
    for (let count = 0; count < faults.consumerCount; count++) {
      const address = random.pick(this.#addresses)
      const consumer = new Consumer(this.#clients, random.fork(), `c-${count + 1}`, address)
      this.#consumers.push(consumer)
      consumer.start()
    }
    this.#disturbances.every(faults.produceEveryMs, () => {
      if (random.chance(faults.leaderAcksShare)) {
        return produceOnce(this.#clients, random, random.pick(this.#addresses))
      }
      random.pick(this.#producers).add()
    })
  }

  #heal(): void {
    this.#isHealed = true
    this.#network.heal()
    this.#log(() => 'all faults end')
    for (const { process } of this.#controllers.values()) process.resume()
    for (const broker of this.#brokers.values()) {
      broker.run?.process.resume()
      broker.start()
    }
  }

  async #comeTogether(): Promise<void> {
    this.#heal()
    const deadlineMs = this.#events.nowMs + healWithinMs
    for (const producer of this.#producers) producer.add()
    let why: string | null = 'nothing happened'
    let nextLookMs = this.#events.nowMs + 1_000
    const restart = () => {
      for (const broker of this.#brokers.values()) broker.start()
      this.#events.after(100, restart)
    }
    restart()
    await this.#runUntil(deadlineMs, () => {
      if (this.#events.nowMs < nextLookMs) return false
      nextLookMs = this.#events.nowMs + 50
      why = this.#apart()
      return why === null
    })
    if (why !== null) violated(19, `${healWithinMs} ms after the last fault ${why}`)
    for (const truth of this.#checker.truths) {
      this.#checker.checkReplicas(truth, (brokerId) => this.#epochs(truth, brokerId))
    }
  }

  /**
   * The leader epochs of what all replicas have: one in which nothing was written is known to
   * nobody but its leader, and logs that begin at different offsets agree from the last such on.
   */
  #epochs(truth: Truth, brokerId: number): string {
    const log = this.#brokers.get(brokerId)?.run?.logs.get(topicName, truth.image.index)
    const byStart = new Map<number, number>()
    for (const { epoch, startOffset } of log?.epochStarts ?? []) {
      const begin = Math.max(startOffset, truth.logStartMax)
      if (begin < truth.end) byStart.set(begin, epoch)
    }
    return [...byStart].map(([startOffset, epoch]) => `${epoch}@${startOffset}`).join(' ')
  }

  /** What is still missing. */
  #apart(): string | null {
    for (const truth of this.#checker.truths) {
      const difference = this.#checker.difference(truth)
      if (difference !== null) return difference
    }
    const waiting = this.#producers.find((producer) => !producer.isDone)
    if (waiting !== undefined) return `${waiting.name} still waits`
    const behind = this.#consumers.find((one) => one.offset < this.#truth(one.address).end)
    return behind === undefined ? null : `${behind.name} is at ${behind.offset}`
  }
}
