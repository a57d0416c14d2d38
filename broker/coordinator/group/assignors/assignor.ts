// What a server-side assignor is given and gives: who is in the group, what each subscribes to and
// was to have until now, and how many partitions each topic has.

import type { Partitions } from '../consumer/partitions.ts'

export interface AssignmentMember {
  readonly memberId: string
  readonly instanceId: string | null
  /** Ids of the topics that exist. */
  readonly topics: ReadonlySet<string>
  /** The target until now. */
  readonly target: Partitions
}

export interface AssignmentSpec {
  /** In the order that Kafka would go through them: java-order.ts. */
  readonly members: readonly AssignmentMember[]
  /** Whether all members subscribe to the same topics. */
  readonly homogeneous: boolean
  partitionCount(topicId: string): number
}

/** The new target of every member, by member id. */
export type Assignor = (spec: AssignmentSpec) => Map<string, Partitions>
