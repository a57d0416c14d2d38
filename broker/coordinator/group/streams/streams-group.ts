// A group of Kafka Streams (KIP-1071): what its records say, and which processes have which tasks.
// Changed by what apply.ts takes from records; what is not in them (the topics that its topology
// needs, endpoints, a shutdown that was asked for) is made anew by whoever leads next. Knows
// nothing of time, records or answers.

import { noDeadline } from '../classic/classic-member.ts'
import type { ConfiguredTopology } from './configured-topology.ts'
import { isReconciled, type StreamsMember } from './streams-member.ts'
import type { OwnedTasks, TargetTasks } from './tasks.ts'
import { noTasks, taskRoles } from './tasks.ts'
import type { Subtopology, Topology } from './topology.ts'

export type StreamsGroupState = 'Empty' | 'NotReady' | 'Assigning' | 'Reconciling' | 'Stable'

/** When, in monotonic time, a member is given up unless something happens before. */
export interface StreamsDeadlines {
  sessionMs: number
  /** For letting go of tasks. */
  rebalanceMs: number
}

type Role = (typeof taskRoles)[number]

export class StreamsGroup {
  readonly type = 'streams'
  readonly groupId: string
  /** 1 before the first record, as in Kafka: what members have who wait for an assignment. */
  groupEpoch = 1
  metadataHash = 0n
  validatedTopologyEpoch = -1
  /** The settings that the last assignment was made by. */
  assignmentConfigs: ReadonlyMap<string, string> = new Map()
  assignmentEpoch = 1
  assignmentTimestampMs = 0
  topology: Topology | null = null
  readonly members = new Map<string, StreamsMember>()
  readonly targets = new Map<string, TargetTasks>()
  readonly deadlines = new Map<string, StreamsDeadlines>()
  /** The topology with the topics as they are; null until it was looked at. */
  configured: ConfiguredTopology | null = null
  /** Who asked for the whole application to stop. */
  shutdownAskedBy: string | null = null
  /** Goes up whenever somebody with an endpoint gets other tasks. */
  endpointEpoch = 0
  /** Until then a new group waits for more members. */
  initialDelayUntilMs = noDeadline
  /** The write that removes the group, while it is under way: requests wait for it. */
  deletionWriteId: number | null = null
  /** The time that the shell's timer for this group is set to. */
  timerAtMs = noDeadline
  /** The version of the metadata that metadataHash was last held against. */
  topicsVersion = -1
  /** How many members of each process have a task, by role, subtopology, partition. */
  readonly #owners: Record<Role, Map<string, Map<number, Map<string, number>>>> = {
    active: new Map(),
    standby: new Map(),
    warmup: new Map(),
  }

  constructor(groupId: string) {
    this.groupId = groupId
  }

  get state(): StreamsGroupState {
    if (this.members.size === 0) return 'Empty'
    if (this.topology === null || this.topology.epoch !== this.validatedTopologyEpoch) {
      return 'NotReady'
    }
    if (this.groupEpoch > this.assignmentEpoch) return 'Assigning'
    for (const member of this.members.values()) {
      if (!isReconciled(member, this.assignmentEpoch)) return 'Reconciling'
    }
    return 'Stable'
  }

  isSubscribedTo(topic: string): boolean {
    return this.members.size > 0 && this.readerOf(topic) !== undefined
  }

  /** The subtopology that reads the topic, as a source or for a repartition. */
  readerOf(topic: string): Subtopology | undefined {
    return this.topology?.subtopologies.findLast(
      ({ sourceTopics, repartitionSourceTopics }) =>
        sourceTopics.includes(topic) || repartitionSourceTopics.some(({ name }) => name === topic),
    )
  }

  target(memberId: string): TargetTasks {
    return this.targets.get(memberId) ?? noTasks
  }

  /** Whether any process has the task as an active one, or has not yet let go of it. */
  hasActive(subtopologyId: string, partition: number): boolean {
    return (this.#owners.active.get(subtopologyId)?.get(partition)?.size ?? 0) > 0
  }

  hasTask(
    role: Role,
    { subtopologyId, partition }: { subtopologyId: string; partition: number },
    processId: string,
  ): boolean {
    return this.#owners[role].get(subtopologyId)?.get(partition)?.has(processId) === true
  }

  setMember(member: StreamsMember): void {
    this.removeMember(member.memberId)
    this.members.set(member.memberId, member)
    this.#count(member, 1)
  }

  removeMember(memberId: string): void {
    const member = this.members.get(memberId)
    if (member === undefined) return
    this.members.delete(memberId)
    this.#count(member, -1)
  }

  #count({ assigned, pendingRevocation, processId }: StreamsMember, change: 1 | -1): void {
    for (const role of taskRoles) {
      for (const tasks of [assigned, pendingRevocation]) {
        this.#countRole(role, tasks, processId, change)
      }
    }
  }

  #countRole(role: Role, tasks: OwnedTasks, processId: string, change: 1 | -1): void {
    const owners = this.#owners[role]
    for (const [subtopologyId, partitions] of tasks[role]) {
      const bySubtopology = owners.get(subtopologyId) ?? new Map<number, Map<string, number>>()
      owners.set(subtopologyId, bySubtopology)
      for (const partition of partitions.keys()) {
        const counts = bySubtopology.get(partition) ?? new Map<string, number>()
        const count = (counts.get(processId) ?? 0) + change
        if (count > 0) counts.set(processId, count)
        else counts.delete(processId)
        if (counts.size > 0) bySubtopology.set(partition, counts)
        else bySubtopology.delete(partition)
      }
      if (bySubtopology.size === 0) owners.delete(subtopologyId)
    }
  }
}
