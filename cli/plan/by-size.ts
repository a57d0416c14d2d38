// Partitions in the order of their sizes, and those near a size: what the steps search that even
// out bytes.

import type { Item } from './layout.ts'

/** Candidates tried around a size: the nearest may be ones that cannot move. */
const nearbyMax = 16

/** Sorted by size, and by name where that says nothing, so that plans come out the same. */
export function sortedBySize(items: readonly Item[]): Item[] {
  return [...items].sort(
    (a, b) =>
      a.partition.sizeBytes - b.partition.sizeBytes ||
      (a.partition.topic < b.partition.topic
        ? -1
        : Number(a.partition.topic > b.partition.topic)) ||
      a.partition.index - b.partition.index,
  )
}

/** The items next to a size, in a list that is sorted by size. */
export function nearSize(sorted: readonly Item[], sizeBytes: number): readonly Item[] {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle]?.partition.sizeBytes ?? 0) < sizeBytes) low = middle + 1
    else high = middle
  }
  return sorted.slice(Math.max(0, low - nearbyMax / 2), low + nearbyMax / 2)
}
