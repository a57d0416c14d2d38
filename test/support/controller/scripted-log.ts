// A MetadataLog that commits when the test says so, and changes leaders when the test says so.

import {
  LostLeadershipError,
  type MetadataLog,
  type MetadataLogListener,
  type MetadataSnapshot,
  NotLeaderError,
  type QuorumStatus,
} from '@samsa/controller/metadata-log'
import { encodeRecord, type NewRecord } from '@samsa/controller/records/record'
import { nodeId } from './controllers.ts'

interface Pending {
  readonly records: readonly Buffer[]
  readonly resolve: (offset: number) => void
  readonly reject: (error: Error) => void
}

export class ScriptedLog implements MetadataLog {
  listener: MetadataLogListener | undefined
  epoch = 0
  offset = -1
  pending: Pending[] = []
  snapshots: MetadataSnapshot[] = []
  /** Whether appends commit by themselves. */
  commits = true

  async start(listener: MetadataLogListener): Promise<void> {
    this.listener = listener
    this.elect(nodeId)
  }

  elect(leaderId: number): void {
    this.epoch++
    this.listener?.onLeaderChange({ leaderId, epoch: this.epoch })
  }

  append(epoch: number, records: readonly Buffer[]): Promise<number> {
    if (epoch !== this.epoch) return Promise.reject(new NotLeaderError('another epoch'))
    return new Promise((resolve, reject) => {
      this.pending.push({ records, resolve, reject })
      if (this.commits) this.commitNext()
    })
  }

  commitNext(): void {
    const next = this.pending.shift()
    if (next === undefined) throw new Error('nothing waits')
    next.resolve(this.#commit(next.records))
  }

  commitAll(): void {
    while (this.pending.length > 0) this.commitNext()
  }

  /** As if another node had led and appended them. */
  commitForeign(records: readonly NewRecord[]): void {
    this.#commit(records.map(encodeRecord))
  }

  #commit(records: readonly Buffer[]): number {
    const baseOffset = this.offset + 1
    this.offset += records.length
    this.listener?.onCommit({ baseOffset, epoch: this.epoch, records })
    return this.offset
  }

  /** Leadership goes to another node; what waits is lost. */
  depose(leaderId = nodeId + 1): void {
    this.elect(leaderId)
    const lost = this.pending
    this.pending = []
    for (const { reject } of lost) reject(new LostLeadershipError('deposed'))
  }

  async writeSnapshot(snapshot: MetadataSnapshot): Promise<void> {
    this.snapshots.push({ ...snapshot, records: [...snapshot.records] })
  }

  status(): QuorumStatus {
    return {
      leaderId: nodeId,
      epoch: this.epoch,
      highWatermark: this.offset + 1,
      voters: [],
      observers: [],
    }
  }

  addVoter(): Promise<void> {
    return Promise.resolve()
  }

  removeVoter(): Promise<void> {
    return Promise.resolve()
  }

  transferLeadership(): Promise<void> {
    return Promise.resolve()
  }

  async close(): Promise<void> {
    this.depose(-1)
  }
}
