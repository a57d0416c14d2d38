// Kafka's server-side `range` assignor: members in the order of their ids, static ones first, get
// consecutive partitions of each topic, so that equal partitions of several topics meet. Looks at
// no earlier assignment.

import type { AssignmentMember, AssignmentSpec, Assignor } from './assignor.ts'

interface TopicRange {
  readonly partitionCount: number
  memberCount: number
  next: number
  /** Members that still get one more than the others. */
  extra: number
  quota: number
}

export const rangeAssignor: Assignor = (spec) => {
  const members = [...spec.members].sort(compareMembers)
  const ranges = topicRanges(members, spec)
  return new Map(
    members.map(({ memberId, topics }) => {
      const partitions = new Map<string, Set<number>>()
      for (const topicId of topics) {
        const taken = take(ranges.get(topicId))
        if (taken.size > 0) partitions.set(topicId, taken)
      }
      return [memberId, partitions]
    }),
  )
}

function compareMembers(a: AssignmentMember, b: AssignmentMember): number {
  if (a.instanceId !== null && b.instanceId !== null) return compare(a.instanceId, b.instanceId)
  if (a.instanceId !== null) return -1
  return b.instanceId !== null ? 1 : compare(a.memberId, b.memberId)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

function topicRanges(
  members: readonly AssignmentMember[],
  spec: AssignmentSpec,
): Map<string, TopicRange> {
  const ranges = new Map<string, TopicRange>()
  for (const { topics } of members) {
    for (const topicId of topics) {
      const partitionCount = spec.partitionCount(topicId)
      const range = ranges.get(topicId) ?? {
        partitionCount,
        memberCount: 0,
        next: 0,
        extra: 0,
        quota: 0,
      }
      range.memberCount++
      ranges.set(topicId, range)
    }
  }
  for (const range of ranges.values()) {
    range.quota = Math.floor(range.partitionCount / range.memberCount)
    range.extra = range.partitionCount % range.memberCount
  }
  return ranges
}

function take(range: TopicRange | undefined): Set<number> {
  const taken = new Set<number>()
  if (range === undefined) return taken
  const quota = range.quota + (range.extra > 0 ? 1 : 0)
  if (range.extra > 0) range.extra--
  const end = Math.min(range.next + quota, range.partitionCount)
  for (let partition = range.next; partition < end; partition++) taken.add(partition)
  range.next = end
  return taken
}
