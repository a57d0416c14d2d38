// What one shard knows: the groups and offsets of one partition of `__consumer_offsets`, and the
// writes under way. Groups of every type share one registry, since a group id belongs to one group
// whatever its protocol.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { AfterWrite } from './after-write.ts'
import type { ClassicGroup } from './classic/classic-group.ts'
import type { ConsumerGroup } from './consumer/consumer-group.ts'
import type { ShardEvent } from './events.ts'
import { GroupOffsets } from './offsets/offset-store.ts'
import { PendingOffsets } from './offsets/pending-offsets.ts'
import type { StreamsGroup } from './streams/streams-group.ts'

/** A union by `type`: groups of the newer protocols join it here. */
export type Group = ClassicGroup | ConsumerGroup | StreamsGroup

export interface PendingWrite {
  readonly after: AfterWrite
  /** Events that wait for the write's end, in order. As many as there are requests at most. */
  readonly next: ShardEvent[]
  /** Set when an earlier write of the group failed that this one was built upon. */
  doomedBy: KafkaErrorName | null
}

export class ShardState {
  readonly groups = new Map<string, Group>()
  /**
   * By group id. A group outlives its offsets and the other way round only until the next cleaning.
   */
  readonly offsets = new Map<string, GroupOffsets>()
  readonly pendingOffsets = new PendingOffsets()
  readonly writes = new Map<number, PendingWrite>()
  nextWriteId = 1

  /** Whoever asks of classic groups sees no others. */
  classicGroup(groupId: string): ClassicGroup | undefined {
    const group = this.groups.get(groupId)
    return group?.type === 'classic' ? group : undefined
  }

  offsetsOf(groupId: string): GroupOffsets {
    let offsets = this.offsets.get(groupId)
    if (offsets === undefined) {
      offsets = new GroupOffsets()
      this.offsets.set(groupId, offsets)
    }
    return offsets
  }
}
