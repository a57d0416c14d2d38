// Producers and consumers of a simulation. Producers are idempotent and go on with a batch until it
// is acknowledged, in order, some in flight; or they are content with the leader's word, and never
// ask again. Consumers read on from where they are, at leaders and at followers.

import type { EventQueue } from '../shared/event-queue.ts'
import type { Random } from '../shared/random.ts'
import { violated } from '../shared/violation.ts'
import { batchesOf, newBatch } from './batches.ts'
import type { FetchAnswer, OffsetAnswer, PartitionAddress, ProduceAnswer } from './broker-api.ts'
import type { Checker, Truth } from './checker.ts'

export interface ClientWorld {
  readonly events: EventQueue
  readonly checker: Checker
  /** The leader as some broker sees it. */
  readonly lookUp: (address: PartitionAddress) => { leader: number; leaderEpoch: number } | null
  readonly replicaOf: (address: PartitionAddress) => number
  readonly produce: (
    client: string,
    brokerId: number,
    request: { address: PartitionAddress; batch: Buffer; acks: number },
    answered: (answer: ProduceAnswer) => void,
  ) => void
  readonly fetch: (
    client: string,
    brokerId: number,
    request: { address: PartitionAddress; offset: number; leaderEpoch: number },
    answered: (answer: FetchAnswer) => void,
  ) => void
  readonly latestOffset: (
    client: string,
    brokerId: number,
    request: { address: PartitionAddress; leaderEpoch: number },
    answered: (answer: OffsetAnswer) => void,
  ) => void
  readonly truth: (address: PartitionAddress) => Truth
  readonly nextNumber: () => number
  readonly log: (line: () => string) => void
}

const requestTimeoutMs = 600
const retryMs = 20

interface Outgoing {
  readonly number: number
  /** Counts this producer's batches. */
  readonly ordinal: number
  readonly baseSequence: number
  readonly recordCount: number
}

/** One idempotent producer's way to one partition. */
export class Producer {
  readonly name: string
  readonly address: PartitionAddress
  readonly #world: ClientWorld
  readonly #random: Random
  readonly #producerId: number
  readonly #inFlightMax: number
  #sequence = 0
  #ordinal = 0
  /** Not acknowledged; the first ones are in flight. */
  #queue: Outgoing[] = []
  #inFlight = 0
  /** Since something failed nothing new is sent until all that is in flight has come back. */
  #isStalled = false
  #leader: { leader: number; leaderEpoch: number } | null = null
  acknowledgedCount = 0

  constructor(
    world: ClientWorld,
    random: Random,
    options: { producerId: number; inFlightMax: number; address: PartitionAddress },
  ) {
    this.#world = world
    this.#random = random
    this.#producerId = options.producerId
    this.#inFlightMax = options.inFlightMax
    this.address = options.address
    this.name = `p${options.producerId}`
  }

  get isDone(): boolean {
    return this.#queue.length === 0
  }

  add(): void {
    if (this.#queue.length > 40) return
    const recordCount = this.#random.integer(1, 3)
    const number = this.#world.nextNumber()
    const ordinal = this.#ordinal++
    this.#queue.push({ number, ordinal, baseSequence: this.#sequence, recordCount })
    this.#sequence += recordCount
    this.#sendMore()
  }

  #sendMore(): void {
    // A partition that knows nothing of a producer takes any sequence from it, as in Kafka: were
    // the very first batch lost, it would take the second.
    const inFlightMax = this.acknowledgedCount === 0 ? 1 : this.#inFlightMax
    while (!this.#isStalled && this.#inFlight < inFlightMax) {
      const next = this.#queue[this.#inFlight]
      if (next === undefined) return
      // A log remembers five batches: what is not acknowledged must be among the last five sent.
      if (next.ordinal - (this.#queue[0]?.ordinal ?? 0) >= inFlightMax) return
      this.#inFlight++
      this.#send(next)
    }
  }

  #send(outgoing: Outgoing): void {
    const { events, produce, lookUp } = this.#world
    this.#leader ??= lookUp(this.address)
    let isOpen = true
    const end = (answer: ProduceAnswer) => {
      if (!isOpen) return
      isOpen = false
      this.#answered(outgoing, answer)
    }
    events.after(requestTimeoutMs, () => end({ error: 'REQUEST_TIMED_OUT', baseOffset: -1 }))
    if (this.#leader === null) {
      events.after(retryMs, () => end({ error: 'LEADER_NOT_AVAILABLE', baseOffset: -1 }))
      return
    }
    const batch = newBatch({ ...outgoing, producerId: this.#producerId })
    const request = { address: this.address, batch, acks: -1 }
    produce(this.name, this.#leader.leader, request, end)
  }

  #answered(outgoing: Outgoing, { error, baseOffset }: ProduceAnswer): void {
    this.#inFlight--
    if (error === 'NONE') {
      if (this.#queue[0] === outgoing) this.#queue.shift()
      else this.#queue = this.#queue.filter((one) => one !== outgoing)
      this.acknowledgedCount++
      const { number } = outgoing
      const { checker, truth } = this.#world
      checker.acknowledged(truth(this.address), { number, baseOffset })
    } else {
      this.#world.log(() => `${this.name}: batch ${outgoing.number} gets ${error}`)
      this.#isStalled = true
      this.#leader = null
    }
    if (!this.#isStalled) return this.#sendMore()
    if (this.#inFlight > 0) return
    this.#world.events.after(this.#random.between(1, retryMs), () => {
      this.#isStalled = false
      this.#sendMore()
    })
  }
}

/** Writes and forgets. */
export function produceOnce(world: ClientWorld, random: Random, address: PartitionAddress): void {
  const leader = world.lookUp(address)
  if (leader === null) return
  const batch = newBatch({ number: world.nextNumber(), recordCount: random.integer(1, 2) })
  world.produce('p0', leader.leader, { address, batch, acks: 1 }, () => {})
}

export class Consumer {
  readonly name: string
  readonly #world: ClientWorld
  readonly #random: Random
  readonly address: PartitionAddress
  offset = 0
  #leader: { leader: number; leaderEpoch: number } | null = null
  #leaderEpochMax = -1
  /** The largest high watermark that a leader has told. */
  #latest = -1

  constructor(world: ClientWorld, random: Random, name: string, address: PartitionAddress) {
    this.#world = world
    this.#random = random
    this.name = name
    this.address = address
  }

  start(): void {
    this.#world.events.after(this.#random.between(0, 50), () => this.#poll())
  }

  /** Never takes an older leader for a newer one (KIP-320). */
  #findLeader(): void {
    const found = this.#world.lookUp(this.address)
    if (found === null || found.leaderEpoch < this.#leaderEpochMax) return
    this.#leaderEpochMax = found.leaderEpoch
    this.#leader = found
  }

  #poll(): void {
    const { events, replicaOf } = this.#world
    const atFollower = this.#random.chance(0.25)
    if (this.#leader === null) this.#findLeader()
    const target = atFollower ? replicaOf(this.address) : (this.#leader?.leader ?? -1)
    if (target < 0) return events.after(retryMs, () => this.#poll())
    let isOpen = true
    const end = (take: () => void) => {
      if (!isOpen) return
      isOpen = false
      take()
      events.after(this.#random.between(1, 60), () => this.#poll())
    }
    events.after(requestTimeoutMs, () => end(() => this.#failed(!atFollower)))
    if (!atFollower && this.#random.chance(0.3)) return this.#askLatest(target, end)
    const leaderEpoch = atFollower ? -1 : this.#leaderEpochMax
    const request = { address: this.address, offset: this.offset, leaderEpoch }
    this.#world.fetch(this.name, target, request, (answer) => {
      end(() => this.#fetched(answer, !atFollower))
    })
  }

  #failed(isLeader: boolean): void {
    if (isLeader) this.#leader = null
  }

  #fetched(answer: FetchAnswer, isLeader: boolean): void {
    const { error, records, logStartOffset, brokerId } = answer
    if (error === 'OFFSET_OUT_OF_RANGE') return this.#reset()
    if (error !== 'NONE') return this.#failed(isLeader)
    const { checker, truth } = this.#world
    for (const batch of batchesOf(records)) {
      checker.read(truth(this.address), brokerId, batch)
      if (batch.lastOffset < this.offset) {
        violated(13, `${this.name} reads ${batch.baseOffset} again`)
      }
      if (batch.baseOffset > this.offset && logStartOffset < batch.baseOffset) {
        violated(12, `${this.name} misses ${this.offset} to ${batch.baseOffset}`)
      }
      this.offset = batch.lastOffset + 1
    }
  }

  /** Only what was deleted is passed over. */
  #reset(): void {
    this.offset = Math.max(this.offset, this.#world.truth(this.address).logStartMax)
    this.#leader = null
  }

  #askLatest(target: number, end: (take: () => void) => void): void {
    const request = { address: this.address, leaderEpoch: this.#leaderEpochMax }
    this.#world.latestOffset(this.name, target, request, ({ error, offset }) => {
      end(() => {
        if (error !== 'NONE') return this.#failed(true)
        if (offset < this.#latest) {
          const text = `from ${this.#latest} to ${offset} at broker ${target}`
          violated(13, `${this.name} sees the high watermark go back ${text}`)
        }
        this.#latest = offset
      })
    })
  }
}
