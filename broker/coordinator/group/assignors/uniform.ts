// Kafka's server-side `uniform` assignor: all members get the same number of partitions, give or
// take one, and keep as much of what they had as that allows. Balance comes before stickiness. This
// file does it where all subscribe to the same topics; uniform-heterogeneous.ts does the rest.

import { assert } from '../../../assert.ts'
import type { AssignmentMember, AssignmentSpec, Assignor } from './assignor.ts'
import { inJavaOrder, javaUuidHash } from './java-order.ts'
import { assignHeterogeneous } from './uniform-heterogeneous.ts'

export const uniformAssignor: Assignor = (spec) => {
  if (spec.members.length === 0) return new Map()
  return spec.homogeneous ? assignHomogeneous(spec) : assignHeterogeneous(spec)
}

type Target = Map<string, Set<number>>

interface Place {
  readonly topicId: string
  readonly partition: number
}

interface Unfilled {
  readonly target: Target
  readonly room: number
}

function assignHomogeneous(spec: AssignmentSpec): Map<string, Target> {
  const [first] = spec.members
  assert(first !== undefined, 'a group without members is assigned nothing')
  const topics = topicOrder(first.topics)
  const total = topics.reduce((sum, topicId) => sum + spec.partitionCount(topicId), 0)
  const quota = Math.floor(total / spec.members.length)
  let extra = total % spec.members.length
  const unassigned = freePartitions(spec, topics)
  const unfilled: Unfilled[] = []
  const targets = new Map<string, Target>()
  for (const [index, member] of spec.members.entries()) {
    let isExtra = extra > 0
    const kept = keep(member, first.topics, quota + (isExtra ? 1 : 0), unassigned)
    let { room } = kept
    // The one more goes to a later member that has it already, while there are enough of them.
    if (room > 0 && isExtra && spec.members.length - index > extra) {
      room--
      isExtra = false
    }
    if (isExtra) extra--
    targets.set(member.memberId, kept.target)
    if (room > 0) unfilled.push({ target: kept.target, room })
  }
  fill(unfilled, unassigned)
  return targets
}

function topicOrder(topics: ReadonlySet<string>): string[] {
  return inJavaOrder(topics, javaUuidHash, setCapacity(topics))
}

/** Of a HashSet that was made of a collection. */
function setCapacity({ size }: ReadonlySet<unknown>): number {
  let capacity = 16
  while (capacity < size / 0.75 + 1) capacity *= 2
  return capacity
}

function freePartitions(spec: AssignmentSpec, topics: readonly string[]): Place[] {
  const taken = new Map<string, Set<number>>()
  for (const { target } of spec.members) {
    for (const [topicId, partitions] of target) {
      const known = taken.get(topicId) ?? new Set()
      for (const partition of partitions) known.add(partition)
      taken.set(topicId, known)
    }
  }
  const free: Place[] = []
  for (const topicId of topics) {
    for (let partition = 0; partition < spec.partitionCount(topicId); partition++) {
      if (taken.get(topicId)?.has(partition) !== true) free.push({ topicId, partition })
    }
  }
  return free
}

/** Takes what is over the quota, or of topics that are left, away from the member. */
function keep(
  { target: before }: AssignmentMember,
  topics: ReadonlySet<string>,
  quota: number,
  unassigned: Place[],
): Unfilled {
  const target: Target = new Map()
  let room = quota
  for (const topicId of inJavaOrder(before.keys(), javaUuidHash)) {
    if (!topics.has(topicId)) continue
    const kept = new Set<number>()
    const partitions = before.get(topicId) ?? new Set()
    for (const partition of inJavaOrder(partitions, (index) => index, setCapacity(partitions))) {
      if (room > 0) {
        kept.add(partition)
        room--
      } else {
        unassigned.push({ topicId, partition })
      }
    }
    if (kept.size > 0) target.set(topicId, kept)
  }
  return { target, room }
}

function fill(unfilled: readonly Unfilled[], unassigned: readonly Place[]): void {
  let next = 0
  for (const { target, room } of unfilled) {
    for (const { topicId, partition } of unassigned.slice(next, next + room)) {
      const partitions = target.get(topicId) ?? new Set()
      target.set(topicId, partitions.add(partition))
    }
    next += Math.min(room, unassigned.length - next)
  }
  assert(next === unassigned.length, 'the quotas add up to all partitions')
}
