// Places the replicas of new partitions. Pure: brokers and chance come in, lists of broker ids come
// out, the first of each the leader. Goals in order: spread over racks, spread over brokers,
// unfenced before fenced; two rules without exception: no broker twice in a partition, and a leader
// that is not fenced.

import { Refusal } from './decision.ts'
import type { BrokerId, BrokerImage } from './image.ts'

interface Rack {
  readonly unfenced: BrokerId[]
  readonly fenced: BrokerId[]
}

export interface PlacementRequest {
  readonly brokers: Iterable<BrokerImage>
  readonly partitionCount: number
  readonly replicationFactor: number
  readonly random: (bound: number) => number
}

/**
 * One list of replicas for each new partition. Throws a Refusal when the brokers there are do not
 * suffice.
 */
export function placeReplicas(request: PlacementRequest): BrokerId[][] {
  const { replicationFactor, random } = request
  const racks = racksOf(request.brokers)
  let unfencedCount = 0
  let brokerCount = 0
  for (const rack of racks) {
    unfencedCount += rack.unfenced.length
    brokerCount += rack.unfenced.length + rack.fenced.length
  }
  if (replicationFactor > brokerCount) {
    throw new Refusal(
      'INVALID_REPLICATION_FACTOR',
      `Unable to replicate the partition ${replicationFactor} time(s): The target replication factor of ` +
        `${replicationFactor} cannot be reached because only ${brokerCount} broker(s) are registered ` +
        'or some brokers have all their log directories cordoned.',
    )
  }
  if (unfencedCount === 0) {
    throw new Refusal(
      'INVALID_REPLICATION_FACTOR',
      `Unable to replicate the partition ${replicationFactor} time(s): All brokers are currently fenced.`,
    )
  }
  const placed: BrokerId[][] = []
  for (let index = 0; index < request.partitionCount; index++) {
    // After a full turn the stripes would repeat, and with them which brokers share partitions: mix
    // anew.
    const stripe = index % unfencedCount
    if (stripe === 0) shuffleRacks(racks, random)
    placed.push(placeOne(racks, stripe, replicationFactor))
  }
  return placed
}

function racksOf(brokers: Iterable<BrokerImage>): Rack[] {
  const racks = new Map<string | null, Rack>()
  for (const broker of brokers) {
    let rack = racks.get(broker.rack)
    if (rack === undefined) {
      rack = { unfenced: [], fenced: [] }
      racks.set(broker.rack, rack)
    }
    if (broker.fenced || broker.inControlledShutdown) rack.fenced.push(broker.id)
    else rack.unfenced.push(broker.id)
  }
  return [...racks.values()]
}

function shuffleRacks(racks: Rack[], random: (bound: number) => number): void {
  shuffle(racks, random)
  for (const rack of racks) {
    shuffle(rack.unfenced, random)
    shuffle(rack.fenced, random)
  }
}

function shuffle(items: unknown[], random: (bound: number) => number): void {
  for (let index = items.length - 1; index > 0; index--) {
    const other = random(index + 1)
    const item = items[index]
    items[index] = items[other]
    items[other] = item
  }
}

/**
 * Goes round the racks from the stripe's own on, one broker at a time, the leader first. A rack
 * that is `distance` further on begins as many brokers further on too: every broker leads and
 * follows equally often, and no two always together.
 */
function placeOne(racks: readonly Rack[], stripe: number, replicationFactor: number): BrokerId[] {
  const round = Math.floor(stripe / racks.length)
  const cursors = racks.map((_, distance) => {
    const rack = racks[(stripe + distance) % racks.length] as Rack
    return new RackCursor(rack, round + distance)
  })
  const replicas: BrokerId[] = []
  for (let step = 0; replicas.length < replicationFactor; step++) {
    const cursor = cursors[step % cursors.length] as RackCursor
    const broker = replicas.length === 0 ? cursor.nextUnfenced() : cursor.next()
    if (broker !== undefined) replicas.push(broker)
  }
  return replicas
}

/**
 * The brokers of one rack in the order that one partition takes them: unfenced first, from `start`
 * on.
 */
class RackCursor {
  readonly #rack: Rack
  readonly #start: number
  #taken = 0

  constructor(rack: Rack, start: number) {
    this.#rack = rack
    this.#start = start
  }

  nextUnfenced(): BrokerId | undefined {
    const { unfenced } = this.#rack
    if (this.#taken >= unfenced.length) return undefined
    return unfenced[(this.#start + this.#taken++) % unfenced.length]
  }

  next(): BrokerId | undefined {
    const { unfenced, fenced } = this.#rack
    if (this.#taken < unfenced.length) return this.nextUnfenced()
    const index = this.#taken - unfenced.length
    if (index >= fenced.length) return undefined
    this.#taken++
    return fenced[(this.#start + index) % fenced.length]
  }
}
