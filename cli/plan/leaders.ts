// The steps that choose the preferred leader of each partition among its replicas: as even as can
// be by count, then by bytes as far as that changes no count. Nothing is copied for it.

import { nearSize, sortedBySize } from './by-size.ts'
import type { Item, Layout } from './layout.ts'

/** Leaders' bytes are even enough within this much of the mean. */
const bytesTolerance = 0.05

/**
 * Hands leaderships on along chains of brokers, from one that leads more to one that leads at least
 * two fewer, until there is no such chain: then no other choice is more even (optimal
 * semi-matchings, Harvey and others, 2006).
 */
export function evenLeaders(layout: Layout): void {
  for (;;) {
    const order = [...layout.targets].sort((a, b) => leads(layout, b) - leads(layout, a) || a - b)
    if (!order.some((broker) => handOn(layout, broker))) return
  }
}

function leads(layout: Layout, broker: number): number {
  return layout.load(broker).led.size
}

interface Step {
  readonly item: Item
  readonly from: number
}

/** Whether a chain from `start` was found, and gone. */
function handOn(layout: Layout, start: number): boolean {
  const most = leads(layout, start)
  const targets = new Set(layout.targets)
  const cameBy = new Map<number, Step | null>([[start, null]])
  for (const broker of cameBy.keys()) {
    for (const item of layout.load(broker).led) {
      if (!item.isMovable) continue
      for (const next of item.replicas) {
        if (cameBy.has(next) || !targets.has(next)) continue
        cameBy.set(next, { item, from: broker })
        if (leads(layout, next) > most - 2) continue
        goChain(layout, cameBy, next)
        return true
      }
    }
  }
  return false
}

function goChain(layout: Layout, cameBy: ReadonlyMap<number, Step | null>, end: number): void {
  let to = end
  for (;;) {
    const step = cameBy.get(to)
    if (step === undefined || step === null) return
    layout.prefer(step.item, to)
    to = step.from
  }
}

/** Two brokers exchange leaderships of unlike size, as long as that makes them more alike. */
export function evenLeaderBytes(layout: Layout): void {
  const { targets } = layout
  const sumBytes = targets.reduce((sum, id) => sum + layout.load(id).leaderBytes, 0)
  const gapMaxBytes = (bytesTolerance * sumBytes) / Math.max(1, targets.length)
  for (let exchange = 0; exchange < layout.items.length; exchange++) {
    if (!exchangeOne(layout, gapMaxBytes)) return
  }
}

function exchangeOne(layout: Layout, gapMaxBytes: number): boolean {
  const bytesOf = (id: number) => layout.load(id).leaderBytes
  const order = [...layout.targets].sort((a, b) => bytesOf(a) - bytesOf(b) || a - b)
  for (const full of order.toReversed()) {
    for (const empty of order) {
      const gapBytes = bytesOf(full) - bytesOf(empty)
      if (gapBytes <= gapMaxBytes) break
      const pair = bestExchange(layout, { full, empty, gapBytes })
      if (pair === undefined) continue
      layout.prefer(pair.down, empty)
      layout.prefer(pair.up, full)
      return true
    }
  }
  return false
}

function bestExchange(
  layout: Layout,
  { full, empty, gapBytes }: { full: number; empty: number; gapBytes: number },
): { down: Item; up: Item } | undefined {
  const canLead = (broker: number) => (item: Item) =>
    item.isMovable && item.replicas.includes(broker)
  const downs = sortedBySize([...layout.load(full).led].filter(canLead(empty)))
  const ups = sortedBySize([...layout.load(empty).led].filter(canLead(full)))
  let best: { down: Item; up: Item } | undefined
  let leastBytes = gapBytes
  for (const down of downs) {
    for (const up of nearSize(ups, down.partition.sizeBytes - gapBytes / 2)) {
      const movedBytes = down.partition.sizeBytes - up.partition.sizeBytes
      const left = Math.abs(gapBytes - 2 * movedBytes)
      if (left >= leastBytes) continue
      best = { down, up }
      leastBytes = left
    }
  }
  return best
}
