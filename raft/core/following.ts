// A voter's log under a leader: takes appends, heartbeats and snapshots, and answers them. Knows
// nothing of elections; whoever calls has seen to it that the message is the current leader's.

import { assert } from './assert.ts'
import type { Append, Heartbeat, SnapshotChunk } from './messages.ts'
import type { VoterParts } from './parts.ts'
import {
  type Entry,
  type SnapshotDescriptor,
  sameSnapshot,
  type Term,
  type VoterId,
} from './types.ts'

interface Incoming {
  readonly snapshot: SnapshotDescriptor
  receivedBytes: number
  /**
   * What it will have once the chunk that is on its way to the disk is there; null when none is.
   */
  writingTo: number | null
}

export class Following {
  readonly #parts: VoterParts
  readonly #checksum: (bytes: Buffer) => number
  #incoming: Incoming | null = null

  constructor(parts: VoterParts, checksum: (bytes: Buffer) => number) {
    this.#parts = parts
    this.#checksum = checksum
  }

  append(from: VoterId, message: Append): void {
    const { log, outbox, rules } = this.#parts
    const { term, previousIndex, previousTerm, entries } = message
    // Up to the commit index the logs are equal, and this one may have forgotten the beginning.
    const isKnown =
      previousIndex <= log.commit || rules.continues(log.termAt(previousIndex), previousTerm)
    if (!isKnown) {
      const hint = log.lastAgreeing({ index: previousIndex, term: previousTerm })
      outbox.send(from, {
        type: 'appendRejected',
        term,
        rejectedIndex: previousIndex,
        hintIndex: hint.index,
        hintTerm: hint.term,
      })
      return
    }
    for (const entry of entries) this.#take(entry)
    const matchIndex = Math.max(previousIndex + entries.length, log.commit)
    this.#commitTo(Math.min(message.commit, matchIndex))
    outbox.send(from, { type: 'appended', term, matchIndex })
  }

  #take(entry: Entry): void {
    const { log, outbox } = this.#parts
    if (entry.index <= log.commit) {
      const ownTerm = log.termAt(entry.index)
      assert(
        ownTerm === undefined || ownTerm === entry.term,
        `committed entry ${entry.index} is of term ${ownTerm}, not ${entry.term}`,
      )
      return
    }
    if (entry.index <= log.lastIndex) {
      if (log.termAt(entry.index) === entry.term) return
      outbox.truncateFrom(entry.index)
    }
    log.append(entry)
  }

  #commitTo(index: number): void {
    const { log } = this.#parts
    if (index > log.commit) log.commitTo(index)
  }

  heartbeat(from: VoterId, message: Heartbeat): void {
    const { outbox, log } = this.#parts
    // The leader knows that this log agrees so far, unless damage took the end away since it was
    // acknowledged; then the leader is of an earlier term than this voter, and its heartbeats do
    // not come here.
    assert(message.commit <= log.lastIndex, 'a heartbeat commits what was acknowledged')
    this.#commitTo(message.commit)
    outbox.send(from, { type: 'heartbeatAck', term: message.term, round: message.round })
  }

  snapshotChunk(from: VoterId, message: SnapshotChunk): void {
    const { log, outbox, rules } = this.#parts
    const { snapshot, term } = message
    if (!rules.isNews(snapshot.index, log.commit)) {
      outbox.send(from, { type: 'appended', term, matchIndex: log.commit })
      return
    }
    if (log.termAt(snapshot.index) === snapshot.term) {
      log.commitTo(snapshot.index)
      outbox.send(from, { type: 'appended', term, matchIndex: snapshot.index })
      return
    }
    this.#takeChunk(from, message)
  }

  #takeChunk(from: VoterId, { snapshot, term, position, bytes, checksum }: SnapshotChunk): void {
    const { outbox, rules } = this.#parts
    if (typeof this.#incoming?.writingTo === 'number') return
    const isCurrent = this.#incoming !== null && sameSnapshot(this.#incoming.snapshot, snapshot)
    const receivedBytes = isCurrent ? (this.#incoming?.receivedBytes ?? 0) : 0
    const isIntact = rules.chunkIntact(this.#checksum(bytes), checksum)
    if (position !== receivedBytes || !isIntact) {
      const index = snapshot.index
      outbox.send(from, { type: 'snapshotProgress', term, index, receivedBytes })
      return
    }
    if (!isCurrent) this.discardIncoming()
    const writingTo = position + bytes.length
    this.#incoming = { snapshot, receivedBytes, writingTo }
    const last = writingTo >= snapshot.sizeBytes
    outbox.emit({ type: 'writeSnapshotChunk', snapshot, position, bytes, last })
  }

  discardIncoming(): void {
    if (this.#incoming === null) return
    this.#parts.outbox.emit({ type: 'discardSnapshot', snapshot: this.#incoming.snapshot })
    this.#incoming = null
  }

  /** The chunk is on disk; `leader` is who to tell. */
  chunkWritten(
    written: { snapshot: SnapshotDescriptor; receivedBytes: number; intact: boolean },
    leader: { readonly id: VoterId; readonly term: Term } | null,
  ): void {
    const { snapshot, receivedBytes, intact } = written
    const incoming = this.#incoming
    if (incoming === null || !sameSnapshot(incoming.snapshot, snapshot)) return
    // The answer to a write of before the snapshot was discarded and begun anew.
    if (incoming.writingTo !== receivedBytes) return
    incoming.writingTo = null
    incoming.receivedBytes = receivedBytes
    if (!intact) this.discardIncoming()
    else if (receivedBytes >= snapshot.sizeBytes) return this.#install(snapshot, leader)
    if (leader === null) return
    this.#parts.outbox.send(leader.id, {
      type: 'snapshotProgress',
      term: leader.term,
      index: snapshot.index,
      receivedBytes: intact ? receivedBytes : 0,
    })
  }

  #install(
    snapshot: SnapshotDescriptor,
    leader: { readonly id: VoterId; readonly term: Term } | null,
  ): void {
    const { log, outbox, rules } = this.#parts
    const isNeeded =
      rules.isNews(snapshot.index, log.commit) && log.termAt(snapshot.index) !== snapshot.term
    if (!isNeeded) this.discardIncoming()
    else {
      this.#incoming = null
      outbox.replaceLog(snapshot)
    }
    if (leader === null) return
    const matchIndex = Math.max(log.commit, isNeeded ? snapshot.index : 0)
    outbox.send(leader.id, { type: 'appended', term: leader.term, matchIndex })
  }
}
