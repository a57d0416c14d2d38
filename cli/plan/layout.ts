// Replicas on brokers while a plan is being made: what is where, and what each broker carries. The
// only thing that a plan's steps change; starts as the cluster is.

import type { BrokerLoad, PlanBroker, PlanPartition } from './model.ts'

/** A partition with the replicas that it would have. */
export interface Item {
  readonly partition: PlanPartition
  readonly isMovable: boolean
  /** Changed only by the layout. */
  replicas: number[]
}

interface Load {
  readonly items: Set<Item>
  readonly led: Set<Item>
  sizeBytes: number
  leaderBytes: number
}

export class Layout {
  /** Where replicas may be, in the order of their ids. */
  readonly targets: readonly number[]
  readonly items: readonly Item[]
  readonly #racks: ReadonlyMap<number, string | null>
  readonly #loads = new Map<number, Load>()

  /** `brokers`: all of the cluster; `targets`: those that replicas may be on. */
  constructor(
    partitions: readonly PlanPartition[],
    options: {
      readonly brokers: readonly PlanBroker[]
      readonly targets: readonly number[]
      readonly isMovable?: (partition: PlanPartition) => boolean
    },
  ) {
    const { brokers, targets, isMovable = () => true } = options
    this.targets = [...new Set(targets)].sort((a, b) => a - b)
    this.#racks = new Map(brokers.map(({ id, rack }) => [id, rack]))
    this.items = partitions.map((partition) => ({
      partition,
      isMovable: isMovable(partition),
      replicas: [...partition.replicas],
    }))
    for (const item of this.items) this.#count(item, 1)
  }

  load(broker: number): Load {
    let load = this.#loads.get(broker)
    if (load === undefined) {
      load = { items: new Set(), led: new Set(), sizeBytes: 0, leaderBytes: 0 }
      this.#loads.set(broker, load)
    }
    return load
  }

  rackOf(broker: number): string {
    return this.#racks.get(broker) ?? ''
  }

  rackCount(brokers: readonly number[]): number {
    return new Set(brokers.map((broker) => this.rackOf(broker))).size
  }

  setReplicas(item: Item, replicas: readonly number[]): void {
    this.#count(item, -1)
    item.replicas = [...replicas]
    this.#count(item, 1)
  }

  /** `to` takes the place of `from` in the item's replicas. */
  replace(item: Item, from: number, to: number): void {
    this.setReplicas(item, replaced(item.replicas, from, to))
  }

  /** `leader` becomes the first replica, the first takes its place. */
  prefer(item: Item, leader: number): void {
    const [first = leader] = item.replicas
    this.setReplicas(
      item,
      item.replicas.map((id) => (id === leader ? first : id === first ? leader : id)),
    )
  }

  /** Whether `to` could hold the item in place of `from`, with no fewer racks than before. */
  canReplace(item: Item, from: number, to: number): boolean {
    if (!item.isMovable || item.replicas.includes(to)) return false
    if (this.rackOf(from) === this.rackOf(to)) return true
    return this.rackCount(replaced(item.replicas, from, to)) >= this.rackCount(item.replicas)
  }

  /** The loads of these brokers, of the targets by default. */
  loads(brokers: readonly number[] = this.targets): BrokerLoad[] {
    return brokers.map((id) => {
      const { items, led, sizeBytes, leaderBytes } = this.load(id)
      return { id, replicas: items.size, leaders: led.size, sizeBytes, leaderBytes }
    })
  }

  #count(item: Item, sign: 1 | -1): void {
    const { sizeBytes } = item.partition
    for (const [position, broker] of item.replicas.entries()) {
      const load = this.load(broker)
      change(load.items, item, sign)
      load.sizeBytes += sign * sizeBytes
      if (position > 0) continue
      change(load.led, item, sign)
      load.leaderBytes += sign * sizeBytes
    }
  }
}

function change(items: Set<Item>, item: Item, sign: 1 | -1): void {
  if (sign > 0) items.add(item)
  else items.delete(item)
}

function replaced(replicas: readonly number[], from: number, to: number): number[] {
  return replicas.map((id) => (id === from ? to : id))
}
