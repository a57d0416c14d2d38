// The steps that choose the brokers of each partition: away from brokers that may hold none, to the
// wanted number of replicas, over racks, then evenly by count and, where that leaves a choice, by
// bytes. Each step changes as little as it can.

import { nearSize, sortedBySize } from './by-size.ts'
import type { Item, Layout } from './layout.ts'
import { PlanError } from './model.ts'

/** Bytes are even enough once the fullest broker is this much of the mean above the emptiest. */
const bytesTolerance = 0.05
/** A swap that evens out less than this much of the mean is not worth its copying. */
const bytesGainMin = 0.01

/** Moves replicas off all brokers but the keepers. */
export function leaveOthers(layout: Layout, keepers: readonly number[]): void {
  const keeping = new Set(keepers)
  for (const item of layout.items) {
    if (!item.isMovable) continue
    for (const broker of item.replicas.filter((id) => !keeping.has(id))) {
      const others = item.replicas.filter((id) => id !== broker)
      layout.replace(item, broker, bestTarget(layout, item, others))
    }
  }
}

/** Gives every partition that may move so many replicas. */
export function resize(layout: Layout, replicationFactor: number): void {
  for (const item of layout.items) {
    if (!item.isMovable) continue
    while (item.replicas.length < replicationFactor) {
      const added = bestTarget(layout, item, item.replicas)
      layout.setReplicas(item, [...item.replicas, added])
    }
    while (item.replicas.length > replicationFactor) {
      const dropped = leastMissed(layout, item)
      layout.setReplicas(
        item,
        item.replicas.filter((id) => id !== dropped),
      )
    }
  }
}

/** The emptiest target that adds a rack, or if none does the emptiest. */
function bestTarget(layout: Layout, item: Item, others: readonly number[]): number {
  const racks = new Set(others.map((id) => layout.rackOf(id)))
  const candidates = layout.targets.filter((id) => !item.replicas.includes(id))
  const [best] = candidates.sort(
    (a, b) =>
      Number(racks.has(layout.rackOf(a))) - Number(racks.has(layout.rackOf(b))) ||
      byLoad(layout, a, b),
  )
  if (best !== undefined) return best
  const { topic, index } = item.partition
  throw new PlanError(
    `${topic}-${index} needs more brokers than the ${layout.targets.length} that it may be on`,
  )
}

/** Not who leads now, rather one out of sync, or whose rack has another, rather the fullest. */
function leastMissed(layout: Layout, { replicas, partition }: Item): number {
  const racks = replicas.map((id) => layout.rackOf(id))
  const isInSync = (id: number) => partition.inSync?.includes(id) ?? true
  const isLastOfRack = (id: number) =>
    racks.filter((rack) => rack === layout.rackOf(id)).length === 1
  const [first] = [...replicas].sort(
    (a, b) =>
      Number(a === partition.leader) - Number(b === partition.leader) ||
      Number(isInSync(a)) - Number(isInSync(b)) ||
      Number(isLastOfRack(a)) - Number(isLastOfRack(b)) ||
      byLoad(layout, b, a),
  )
  if (first === undefined) throw new PlanError('a partition must have a replica')
  return first
}

function byLoad(layout: Layout, a: number, b: number): number {
  const [x, y] = [layout.load(a), layout.load(b)]
  return x.items.size - y.items.size || x.sizeBytes - y.sizeBytes || a - b
}

/** Spreads each partition over as many racks as it can be on. */
export function spreadRacks(layout: Layout): void {
  for (const item of layout.items) {
    if (!item.isMovable) continue
    for (;;) {
      const used = new Set(item.replicas.map((id) => layout.rackOf(id)))
      const [to] = layout.targets
        .filter((id) => !used.has(layout.rackOf(id)))
        .sort((a, b) => byLoad(layout, a, b))
      const from = item.replicas.findLast(
        (id) =>
          item.replicas.filter((other) => layout.rackOf(other) === layout.rackOf(id)).length > 1,
      )
      if (to === undefined || from === undefined) break
      layout.replace(item, from, to)
    }
  }
}

/** Until no broker can give one to another that has two fewer. */
export function evenCounts(layout: Layout): void {
  while (moveSome(layout)) {
    // Each move makes two counts more alike, so that this ends.
  }
}

function moveSome(layout: Layout): boolean {
  const order = [...layout.targets].sort((a, b) => byLoad(layout, a, b))
  for (const over of order.toReversed()) {
    for (const under of order) {
      const gap = layout.load(over).items.size - layout.load(under).items.size
      if (gap < 2) break
      // A part of the way at once, as others may be able to give and take, too.
      const count = Math.max(1, Math.floor(gap / (2 * layout.targets.length)))
      if (moveBetween(layout, { over, under, count })) return true
    }
  }
  return false
}

/**
 * Moves up to `count`: each of the topic that `over` has most of beyond `under`, and of the size
 * that evens out bytes best.
 */
function moveBetween(
  layout: Layout,
  { over, under, count }: { over: number; under: number; count: number },
): boolean {
  const [from, to] = [layout.load(over), layout.load(under)]
  const choices = new Map<string, Item[]>()
  for (const item of [...from.items].filter((one) => layout.canReplace(one, over, under))) {
    const ofTopic = choices.get(item.partition.topic)
    if (ofTopic === undefined) choices.set(item.partition.topic, [item])
    else ofTopic.push(item)
  }
  const excess = new Map<string, number>()
  const tally = (topic: string, by: number) => excess.set(topic, (excess.get(topic) ?? 0) + by)
  for (const { partition } of from.items) tally(partition.topic, 1)
  for (const { partition } of to.items) tally(partition.topic, -1)
  for (const [topic, items] of choices) choices.set(topic, sortedBySize(items))
  let moved = 0
  for (; moved < count && choices.size > 0; moved++) {
    const topic = largest(choices.keys(), (one) => excess.get(one) ?? 0)
    const items = choices.get(topic) ?? []
    const item = takeNearest(items, Math.max(0, (from.sizeBytes - to.sizeBytes) / 2))
    layout.replace(item, over, under)
    tally(topic, -2)
    if (items.length === 0) choices.delete(topic)
  }
  return moved > 0
}

function largest(topics: Iterable<string>, valueOf: (topic: string) => number): string {
  let best = ''
  let most = Number.NEGATIVE_INFINITY
  for (const topic of topics) {
    const value = valueOf(topic)
    if (value > most) {
      best = topic
      most = value
    }
  }
  return best
}

/** Takes the item next in size out of a list that is sorted by size. */
function takeNearest(sorted: Item[], sizeBytes: number): Item {
  const distance = ({ partition }: Item) => Math.abs(partition.sizeBytes - sizeBytes)
  const near = nearSize(sorted, sizeBytes)
  const best = near.reduce((a, b) => (distance(b) < distance(a) ? b : a))
  sorted.splice(sorted.indexOf(best), 1)
  return best
}

/** Swaps replicas of unlike size between full and empty brokers, as long as it is worth it. */
export function evenBytes(layout: Layout): void {
  const { targets } = layout
  const sumBytes = targets.reduce((sum, id) => sum + layout.load(id).sizeBytes, 0)
  const meanBytes = sumBytes / Math.max(1, targets.length)
  if (meanBytes === 0) return
  // Each swap evens out by at least bytesGainMin of the mean, but that alone bounds their number
  // only loosely.
  for (let swap = 0; swap < layout.items.length; swap++) {
    if (!swapOne(layout, meanBytes)) return
    // A swap may free a move that would have cost a rack before.
    evenCounts(layout)
  }
}

function swapOne(layout: Layout, meanBytes: number): boolean {
  const bytesOf = (id: number) => layout.load(id).sizeBytes
  const order = [...layout.targets].sort((a, b) => bytesOf(a) - bytesOf(b) || a - b)
  for (const full of order.toReversed()) {
    for (const empty of order) {
      if (bytesOf(full) - bytesOf(empty) <= bytesTolerance * meanBytes) break
      const swap = bestSwap(layout, { full, empty, gainMinBytes: bytesGainMin * meanBytes })
      if (swap === undefined) continue
      layout.replace(swap.down, full, empty)
      if (swap.up !== null) layout.replace(swap.up, empty, full)
      return true
    }
  }
  return false
}

interface Swap {
  readonly down: Item
  /** null: what comes down needs nothing in return, since `full` has more replicas as well. */
  readonly up: Item | null
}

/** The swap after which the two are most alike. */
function bestSwap(
  layout: Layout,
  { full, empty, gainMinBytes }: { full: number; empty: number; gainMinBytes: number },
): Swap | undefined {
  const gapBytes = layout.load(full).sizeBytes - layout.load(empty).sizeBytes
  const movable = (from: number, to: number) =>
    sortedBySize([...layout.load(from).items].filter((item) => layout.canReplace(item, from, to)))
  const [downs, ups] = [movable(full, empty), movable(empty, full)]
  let best: Swap | undefined
  let bestGapBytes = gapBytes - gainMinBytes
  const consider = (down: Item, up: Item | null) => {
    const movedBytes = down.partition.sizeBytes - (up?.partition.sizeBytes ?? 0)
    const left = Math.abs(gapBytes - 2 * movedBytes)
    if (movedBytes <= 0 || left >= bestGapBytes) return
    best = { down, up }
    bestGapBytes = left
  }
  const givesOneMore = layout.load(full).items.size > layout.load(empty).items.size
  for (const down of downs) {
    if (givesOneMore) consider(down, null)
    for (const up of nearSize(ups, down.partition.sizeBytes - gapBytes / 2)) consider(down, up)
  }
  return best
}
