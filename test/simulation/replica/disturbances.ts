// What goes wrong in a simulation, and what operators ask for meanwhile: plans both, now and again,
// for as long as faults last. Takes no more than the design says that a cluster survives.

import type { Controller } from '@samsa/controller/controller'
import type { EventQueue } from '../shared/event-queue.ts'
import type { Random } from '../shared/random.ts'
import type { PartitionAddress } from './broker-api.ts'
import type { BrokerHost } from './broker-host.ts'
import type { ControllerHost } from './controller-host.ts'
import type { Faults } from './faults.ts'
import type { ModelQuorum } from './model-quorum.ts'
import type { Network } from './network.ts'

export interface DisturbedWorld {
  readonly faults: Faults
  readonly events: EventQueue
  readonly random: Random
  readonly network: Network
  readonly quorum: ModelQuorum
  readonly controllers: ReadonlyMap<number, ControllerHost>
  readonly brokers: ReadonlyMap<number, BrokerHost>
  /** All partitions, once there are any. */
  readonly addresses: readonly PartitionAddress[]
  readonly isHealed: () => boolean
  readonly log: (line: () => string) => void
}

/** As many brokers as wanted, in any order. */
export function someBrokers(random: Random, brokerIds: Iterable<number>, count: number): number[] {
  const left = [...brokerIds]
  const chosen: number[] = []
  while (chosen.length < count) {
    const [one] = left.splice(random.integer(0, left.length - 1), 1)
    if (one !== undefined) chosen.push(one)
  }
  return chosen
}

export class Disturbances {
  readonly #world: DisturbedWorld
  crashes = 0
  powerCuts = 0

  constructor(world: DisturbedWorld) {
    this.#world = world
  }

  /** Calls `happen` now and again, on average every `meanMs`, for as long as faults last. */
  every(meanMs: number, happen: () => void): void {
    if (meanMs === 0) return
    const random = this.#world.random.fork()
    const plan = () => {
      this.#world.events.after(random.between(0, 2 * meanMs), () => {
        if (this.#world.isHealed()) return
        happen()
        plan()
      })
    }
    plan()
  }

  /** Faults hit whoever leads something more often than chance would have it. */
  #victim(random: Random): BrokerHost {
    const partition = this.#partition(random.pick(this.#world.addresses))
    const leader = random.chance(0.5) ? this.#world.brokers.get(partition?.leader ?? -1) : undefined
    return leader ?? random.pick([...this.#world.brokers.values()])
  }

  #partition({ topicId, index }: PartitionAddress) {
    return this.#world.quorum.image.topicsById.get(topicId)?.partitions[index]
  }

  plan(): void {
    const { faults } = this.#world
    const random = this.#world.random.fork()
    const hosts = [...this.#world.brokers.values()].map(({ name }) => name)
    for (const { host } of this.#world.controllers.values()) hosts.push(host)
    if (random.chance(0.3)) hosts.push('p1', 'p2', 'c-1')
    this.every(faults.partitionEveryMs, () => {
      if (random.chance(0.4)) return this.#world.network.repair()
      const victim = this.#victim(random).name
      const kind = this.#world.network.partition(hosts, victim)
      this.#world.log(() => `partition: ${kind} (${victim})`)
    })
    this.every(faults.streamBreakEveryMs, () => this.#world.network.breakOne())
    this.every(faults.crashEveryMs, () => this.crash(this.#victim(random), random))
    // Whoever is down comes back, whatever took it down.
    this.every(faults.restartEveryMs, () => {
      for (const broker of random.some([...this.#world.brokers.values()])) broker.start()
    })
    this.every(faults.pauseEveryMs, () => {
      const process = this.#victim(random).run?.process
      if (process === undefined) return
      this.#world.log(() => `${process.name} is paused`)
      process.pause()
      this.#world.events.after(random.between(50, 2_500), () => process.resume())
    })
    this.every(faults.shutdownEveryMs, () => {
      const broker = this.#victim(random)
      this.#world.log(() => `${broker.name} shuts down`)
      if (this.#mayLose(broker)) broker.run?.shutDown()
    })
    this.#planController(random)
    this.#planOperator(random)
  }

  #planController(random: Random): void {
    const { faults } = this.#world
    this.every(faults.controllerChangeEveryMs, () => {
      const leaderId = random.pick([...this.#world.controllers.keys()])
      this.#world.log(() => `controller ${leaderId} is elected`)
      this.#world.quorum.elect(leaderId, random.integer(0, this.#world.quorum.pendingCount))
    })
    this.every(faults.controllerPauseEveryMs, () => {
      const { process } = random.pick([...this.#world.controllers.values()])
      process.pause()
      this.#world.log(() => `${process.name} is paused`)
      this.#world.events.after(random.between(50, 1_500), () => process.resume())
    })
    this.every(faults.wrongFenceEveryMs, () => {
      const { brokerId } = this.#victim(random)
      const epoch = this.#world.quorum.image.brokers.get(brokerId)?.epoch ?? -1
      this.#world.log(() => `b${brokerId} is fenced for no reason`)
      this.#ask((controller) => controller.fenceBroker(brokerId, epoch))
    })
  }

  /** As a tool next to the active controller would; refusals are its business. */
  #ask(ask: (controller: Controller) => Promise<unknown>): void {
    const host = this.#world.controllers.get(this.#world.quorum.leader.leaderId)
    host?.process.take(() => {
      ask(host.controller).catch(() => undefined)
    })
  }

  #planOperator(random: Random): void {
    const { faults } = this.#world
    this.every(faults.reassignEveryMs, () => {
      const { topic, index: partitionIndex } = random.pick(this.#world.addresses)
      const count = random.chance(0.8) ? faults.replicationFactor : random.integer(2, 3)
      const replicas = random.chance(0.15)
        ? null
        : someBrokers(random, this.#world.brokers.keys(), count)
      this.#world.log(
        () => `partition ${partitionIndex} is to be on ${replicas?.join() ?? 'what it was'}`,
      )
      const reassignments = [{ topic, partitionIndex, replicas }]
      const allowReplicationFactorChange = true
      this.#ask((one) => one.alterReassignments({ reassignments, allowReplicationFactorChange }))
    })
    this.every(faults.electEveryMs, () => {
      this.#ask((one) => one.electLeaders({ electionType: 'preferred', partitions: null }))
    })
    this.every(faults.deleteRecordsEveryMs, () => {
      const address = random.pick(this.#world.addresses)
      const { topic, topicId, index } = address
      const run = this.#world.brokers.get(this.#partition(address)?.leader ?? -1)?.run
      const leading = run?.replicas.find(topicId, index)?.leading
      if (run === null || run === undefined || leading === null || leading === undefined) return
      run.process.take(() => {
        const log = run.logs.get(topic, index)
        if (log === undefined) return
        const anywhere = random.integer(log.logStartOffset, log.highWatermark)
        const offset = faults.deletesWithinBatches ? anywhere : log.batchEndAt(anywhere)
        this.#world.log(() => `records of ${index} before ${offset} are deleted`)
        log.deleteRecords(offset).then(
          () => leading.logStartMoved(),
          () => undefined,
        )
      })
    })
  }

  crash(broker: BrokerHost, random: Random): void {
    if (!broker.isUp || !this.#mayLose(broker)) return
    const losesUnflushed = this.#world.faults.lossMode !== 'kill' && random.chance(0.7)
    this.crashes++
    if (losesUnflushed) this.powerCuts++
    broker.crash(losesUnflushed)
  }

  /**
   * Where unflushed records may be lost, only one broker at a time does: until it is in sync again
   * wherever it has a replica, no other goes.
   */
  #mayLose(broker: BrokerHost): boolean {
    if (this.#world.faults.lossMode !== 'power') return true
    return [...this.#world.brokers.values()].every(
      (other) => other === broker || this.#isWhole(other),
    )
  }

  #isWhole({ brokerId, run }: BrokerHost): boolean {
    const registered = this.#world.quorum.image.brokers.get(brokerId)
    if (run === null || registered?.incarnationId !== run.incarnationId) return false
    if (registered.fenced || registered.inControlledShutdown) return false
    return this.#world.addresses.every((address) => {
      const partition = this.#partition(address)
      return partition?.replicas.includes(brokerId) !== true || partition.isr.includes(brokerId)
    })
  }
}
