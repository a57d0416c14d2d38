// Watches a simulated quorum and says when something that must always hold does not. Sees every
// effect, message and disk; knows nothing of how voters come to their decisions.
//
// The numbers are those of the invariants that the project's tests go by: 1 election safety; 2 log
// matching, leader completeness, nothing committed is ever overwritten; 3 terms, commit and applied
// indexes never fall and states are equal; 4 nothing is said before it is durable; 5 a leader
// without a quorum steps down, one with a quorum is left alone; 6 changes of the quorum; 7 lost
// disks; 8 snapshots are what the leader had; 9 damage; 10 pauses; 11 clocks.

import { hasQuorum } from '@samsa/raft/core/configuration'
import type { Persist } from '@samsa/raft/core/effects'
import type { Message } from '@samsa/raft/core/messages'
import type { Configuration, Entry, LogPosition, VoterId } from '@samsa/raft/core/types'
import { violated } from '../shared/violation.ts'
import type { ModelDisk } from './model-disk.ts'
import { entryDigest, type StateMachine } from './state-machine.ts'

interface Committed {
  readonly term: number
  /** When it was first known to be committed: leaders of later terms must have it. */
  readonly inTerm: number
  readonly digest: string
  hash: number | null
}

interface Written {
  readonly term: number
  readonly previousTerm: number
  readonly digest: string
}

/** A log as the persists so far have made it, durable or not. */
export class LogMirror {
  base: LogPosition
  entries: Entry[]

  constructor(base: LogPosition, entries: readonly Entry[]) {
    this.base = base
    this.entries = [...entries]
  }

  get lastIndex(): number {
    return this.base.index + this.entries.length
  }

  entryAt(index: number): Entry | undefined {
    return this.entries[index - this.base.index - 1]
  }

  termAt(index: number): number | undefined {
    return index === this.base.index ? this.base.term : this.entryAt(index)?.term
  }

  persist({ snapshot, truncateFrom, entries }: Persist): void {
    if (snapshot !== undefined) {
      this.base = { index: snapshot.index, term: snapshot.term }
      this.entries = []
    }
    if (truncateFrom !== undefined) this.entries.length = truncateFrom - this.base.index - 1
    for (const entry of entries) this.entries.push(entry)
  }

  compact(throughIndex: number): void {
    if (throughIndex <= this.base.index) return
    const term = this.termAt(throughIndex) ?? 0
    this.entries = this.entries.slice(throughIndex - this.base.index)
    this.base = { index: throughIndex, term }
  }
}

/** What the checker looks at of a voter. */
export interface Watched {
  readonly id: VoterId
  readonly disk: ModelDisk
  readonly mirror: LogMirror
  readonly machine: StateMachine
  readonly voter: { readonly status: { readonly term: number } } | null
}

export class Checker {
  readonly #leaders = new Map<number, VoterId>()
  readonly #committed: (Committed | undefined)[] = []
  readonly #written: Written[][] = []
  /** The latest term that each voter has named. */
  readonly #saidTerm = new Map<VoterId, number>()
  /**
   * Voters that have lost what they had acknowledged, by wiping or damage: they count as having it.
   */
  readonly #forgetful = new Set<VoterId>()
  committedMax = 0

  forgets(id: VoterId): void {
    this.#forgetful.add(id)
  }

  committedTermAt(index: number): number | undefined {
    return this.#committed[index]?.term
  }

  persisted({ id, mirror }: Watched, persist: Persist): void {
    const { truncateFrom, entries } = persist
    if (truncateFrom !== undefined) this.#checkTruncation(id, mirror, truncateFrom)
    mirror.persist(persist)
    for (const entry of entries) {
      const previousTerm = mirror.termAt(entry.index - 1)
      if (previousTerm !== undefined) this.#checkWritten(id, entry, previousTerm)
    }
  }

  #checkTruncation(id: VoterId, mirror: LogMirror, from: number): void {
    for (let index = from; index <= mirror.lastIndex; index++) {
      const committed = this.#committed[index]
      if (committed !== undefined && committed.term === mirror.termAt(index)) {
        violated(2, `${id} truncates entry ${index}, which is committed`)
      }
    }
  }

  /** Log matching: the same index and term is the same entry, behind the same one. */
  #checkWritten(id: VoterId, entry: Entry, previousTerm: number): void {
    const { index, term } = entry
    this.#written[index] ??= []
    const known = this.#written[index]?.find((each) => each.term === term)
    const digest = entryDigest(entry)
    if (known === undefined) {
      this.#written[index]?.push({ term, previousTerm, digest })
    } else if (known.digest !== digest || known.previousTerm !== previousTerm) {
      violated(2, `entry ${index} of term ${term} differs at ${id}`)
    }
  }

  becameLeader({ id, mirror }: Watched, term: number): void {
    const other = this.#leaders.get(term)
    if (other !== undefined) violated(1, `${other} and ${id} both lead term ${term}`)
    this.#leaders.set(term, id)
    for (let index = mirror.base.index + 1; index < this.#committed.length; index++) {
      const committed = this.#committed[index]
      if (committed === undefined || committed.inTerm >= term) continue
      if (mirror.termAt(index) !== committed.term) {
        violated(2, `${id} leads term ${term} without committed entry ${index}`)
      }
    }
  }

  /** The voter says that entries up to `to` are committed. */
  committed({ id, mirror, voter }: Watched, from: number, to: number): void {
    const inTerm = voter?.status.term ?? 0
    for (let index = Math.max(from + 1, mirror.base.index + 1); index <= to; index++) {
      const entry = mirror.entryAt(index)
      if (entry === undefined) violated(2, `${id} commits entry ${index}, which it has not`)
      const committed = this.#committed[index]
      const digest = entryDigest(entry)
      if (committed === undefined) {
        this.#committed[index] = { term: entry.term, inTerm, digest, hash: null }
      } else if (committed.digest !== digest) {
        violated(2, `${id} commits another entry ${index} than was committed before`)
      }
    }
    this.committedMax = Math.max(this.committedMax, to)
  }

  /** A leader's commit rests on a quorum of disks. */
  committedDurably(
    leader: VoterId,
    position: LogPosition,
    quorums: readonly Configuration[],
    diskOf: (id: VoterId) => ModelDisk | undefined,
  ): void {
    const holds = (id: VoterId) => {
      const disk = diskOf(id)
      if (disk === undefined || this.#forgetful.has(id)) return true
      return disk.base.index >= position.index || disk.termAt(position.index) === position.term
    }
    if (!quorums.some((configuration) => hasQuorum(configuration, holds))) {
      violated(2, `${leader} commits entry ${position.index}, which no quorum has on disk`)
    }
  }

  applied(watched: Watched, entry: Entry): void {
    const { id, machine } = watched
    this.committed(watched, entry.index - 1, entry.index)
    if (this.#committed[entry.index]?.digest !== entryDigest(entry)) {
      violated(2, `${id} applies another entry ${entry.index} than was committed`)
    }
    machine.apply(entry)
    this.#checkState(3, watched)
  }

  restored(watched: Watched): void {
    this.#checkState(8, watched)
  }

  #checkState(invariant: number, { id, machine }: Watched): void {
    const committed = this.#committed[machine.index]
    if (committed === undefined) {
      return violated(2, `${id} is at ${machine.index}, which was never committed`)
    }
    committed.hash ??= machine.hash
    if (committed.hash !== machine.hash) {
      violated(invariant, `the state of ${id} at ${machine.index} differs`)
    }
  }

  /** A message leaves: what it promises is on the disk by now. */
  said({ id, disk }: Watched, to: VoterId, message: Message): void {
    // A pre-vote speaks of a term that nobody has entered.
    if ((message.type === 'requestVote' || message.type === 'vote') && message.preVote) return
    const { term } = message
    const hardState = disk.hardState
    const durableTerm = hardState?.term ?? 0
    if (term > durableTerm) violated(4, `${id} speaks in term ${term} before that is durable`)
    this.#saidTerm.set(id, Math.max(this.#saidTerm.get(id) ?? 0, term))
    if (message.type === 'appended' && disk.lastIndex < message.matchIndex) {
      violated(4, `${id} acknowledges ${message.matchIndex}, its disk ends at ${disk.lastIndex}`)
    }
    const votesFor =
      message.type === 'requestVote' ? id : message.type === 'vote' && message.granted ? to : null
    if (votesFor === null || term < durableTerm) return
    if (hardState?.votedFor !== votesFor) {
      violated(4, `${id} votes for ${votesFor} in term ${term} before that is durable`)
    }
  }

  restarted(id: VoterId, term: number): void {
    const said = this.#saidTerm.get(id) ?? 0
    if (term < said) violated(3, `${id} comes back in term ${term}, having spoken in ${said}`)
  }
}

/** Remembers a voter's indexes and says when one falls. */
export class Ratchet {
  #term = 0
  #commit = 0
  #applied = 0

  check(id: VoterId, now: { term: number; commit: number; applied: number }): void {
    if (now.term < this.#term) violated(3, `the term of ${id} fell to ${now.term}`)
    if (now.commit < this.#commit) violated(3, `the commit index of ${id} fell to ${now.commit}`)
    if (now.applied < this.#applied) violated(3, `what ${id} applied fell to ${now.applied}`)
    this.#term = now.term
    this.#commit = now.commit
    this.#applied = now.applied
  }
}
