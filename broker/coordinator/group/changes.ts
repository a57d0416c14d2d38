// The records of one write that is being put together, and what they have changed already: groups
// of the newer protocols change with the record and not with its durability, so that the next
// request sees them, and are put back when the write is given up or fails. Answers wait for the
// write.

import type { KeyValueRecord } from '../partition-writer.ts'
import type { Undo } from './apply-record.ts'
import { applyConsumerRecord } from './consumer/apply.ts'
import { type ConsumerGroupRecord, encodeConsumerRecord } from './consumer/consumer-records.ts'
import type { ShardState } from './shard-state.ts'
import { applyStreamsRecord } from './streams/apply.ts'
import { encodeStreamsRecord, type StreamsGroupRecord } from './streams/streams-records.ts'

export class Changes {
  readonly state: ShardState
  readonly groupId: string
  readonly records: KeyValueRecord[] = []
  /** Whether the group turns into one of another kind: what comes meanwhile waits for the write. */
  convertsGroup = false
  readonly #undo: Undo[] = []
  readonly #afterwards: (() => void)[] = []

  constructor(state: ShardState, groupId: string) {
    this.state = state
    this.groupId = groupId
  }

  add(record: ConsumerGroupRecord): void {
    this.records.push(encodeConsumerRecord(record))
    this.#undo.push(applyConsumerRecord(this.state, record))
  }

  /** The same for a group of Kafka Streams. */
  addStreams(record: StreamsGroupRecord): void {
    this.records.push(encodeStreamsRecord(record))
    this.#undo.push(applyStreamsRecord(this.state, record))
  }

  /** A record whose effect on the state is the caller's, together with how to take it back. */
  addApplied(records: readonly KeyValueRecord[], undo: Undo): void {
    this.records.push(...records)
    this.#undo.push(undo)
  }

  /** What else happens if the changes stand: nothing of that can be taken back. */
  afterwards(act: () => void): void {
    this.#afterwards.push(act)
  }

  /** The changes stand, and are on their way to the log. */
  settle(): void {
    for (const act of this.#afterwards.splice(0)) act()
  }

  /** Puts the state back as it was before. */
  readonly undo = (): void => {
    for (const undo of this.#undo.splice(0).toReversed()) undo()
  }
}
