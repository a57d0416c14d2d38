// Which segments become one: as many in a row as fit by the size that they have now. What cleaning
// saves shows in the next one.

import { relativeOffsetMax } from '../limits.ts'
import type { SegmentToClean } from './clean-job.ts'

export interface GroupLimits {
  readonly segmentBytes: number
  readonly segmentIndexBytes: number
}

const offsetEntryBytes = 8
const timeEntryBytes = 12

export function groupSegments(
  segments: readonly SegmentToClean[],
  limits: GroupLimits,
): SegmentToClean[][] {
  const groups: SegmentToClean[][] = []
  let group: SegmentToClean[] = []
  for (const segment of segments) {
    if (group.length > 0 && !fits(group, segment, limits)) {
      groups.push(group)
      group = []
    }
    group.push(segment)
  }
  if (group.length > 0) groups.push(group)
  return groups
}

function fits(
  group: readonly SegmentToClean[],
  next: SegmentToClean,
  { segmentBytes, segmentIndexBytes }: GroupLimits,
): boolean {
  const first = group[0] ?? next
  const sum = (of: (segment: SegmentToClean) => number) =>
    group.reduce((total, segment) => total + of(segment), of(next))
  return (
    sum((segment) => segment.sizeBytes) <= segmentBytes &&
    sum((segment) => segment.offsetEntries) * offsetEntryBytes <= segmentIndexBytes &&
    sum((segment) => segment.timeEntries) * timeEntryBytes <= segmentIndexBytes &&
    next.endOffset - 1 - first.baseOffset <= relativeOffsetMax
  )
}
