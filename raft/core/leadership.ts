// One term of office: replicates the log, commits what a quorum has, keeps contact with the quorum,
// changes the quorum, and hands over. Begins with an election and ends when the voter leaves the
// term; nothing of it is kept.

import { assert, known } from './assert.ts'
import { change, isJoint, leaveJoint, membersOf } from './configuration.ts'
import type { MembershipRefusal, ProposalRefusal } from './effects.ts'
import type { Input } from './inputs.ts'
import type { Appended, AppendRejected, HeartbeatAck } from './messages.ts'
import type { VoterParts } from './parts.ts'
import { Progress } from './progress.ts'
import { PendingReads } from './reads.ts'
import { SnapshotSending } from './snapshot-sending.ts'
import {
  type Configuration,
  type Entry,
  entryBytes,
  type LogIndex,
  type Term,
  type VoterId,
} from './types.ts'

type InputOf<T extends Input['type']> = Extract<Input, { type: T }>

interface Transfer {
  readonly to: VoterId
  readonly deadlineMs: number
  /**
   * Since the last heartbeat the target was asked to stand; the asking is repeated, as it may get
   * lost.
   */
  isAsked: boolean
}

export class Leadership {
  readonly term: Term
  /** Of the no-op that the office began with. */
  readonly firstIndex: LogIndex
  readonly #parts: VoterParts
  readonly #progress = new Map<VoterId, Progress>()
  readonly #reads: PendingReads
  readonly #snapshots: SnapshotSending
  #round = 0
  #heartbeatDueMs: number
  #transfer: Transfer | null = null
  #uncommittedBytes = 0

  constructor(parts: VoterParts, term: Term, nowMs: number) {
    this.#parts = parts
    this.term = term
    this.#reads = new PendingReads(parts)
    this.#snapshots = new SnapshotSending(parts, term)
    this.#heartbeatDueMs = nowMs
    this.firstIndex = this.#append({ type: 'noop' })
    // A new quorum is written down, so that those who join later learn of it from the log.
    const { log } = parts
    if (log.configurationIndex === 0) {
      this.#append({ type: 'configuration', configuration: log.configuration })
    }
    this.#followMembership(this.firstIndex, nowMs)
  }

  get progress(): ReadonlyMap<VoterId, Progress> {
    return this.#progress
  }

  get transferTarget(): VoterId | null {
    return this.#transfer?.to ?? null
  }

  #append(
    content:
      | { type: 'noop' }
      | { type: 'data'; data: Buffer }
      | { type: 'configuration'; configuration: Configuration },
  ): LogIndex {
    const { log } = this.#parts
    const entry: Entry = { index: log.lastIndex + 1, term: this.term, ...content }
    log.append(entry)
    this.#uncommittedBytes += entryBytes(entry)
    return entry.index
  }

  propose({ requestId, term, data }: InputOf<'propose'>): void {
    const { outbox, id } = this.#parts
    const reason = this.#proposalRefusal(term, data)
    if (reason !== null) {
      outbox.emit({ type: 'proposalRefused', requestId, reason, leader: id })
      return
    }
    const firstIndex = this.#parts.log.lastIndex + 1
    for (const each of data) this.#append({ type: 'data', data: each })
    const lastIndex = this.#parts.log.lastIndex
    outbox.emit({ type: 'proposed', requestId, term: this.term, firstIndex, lastIndex })
  }

  #proposalRefusal(term: Term | undefined, data: readonly Buffer[]): ProposalRefusal | null {
    const { entryBytesMax, uncommittedBytesMax } = this.#parts.options
    if (term !== undefined && term !== this.term) return 'notLeader'
    if (this.#transfer !== null) return 'transferring'
    if (data.some((each) => each.length > entryBytesMax)) return 'tooLarge'
    const bytes = data.reduce((sum, each) => sum + each.length, 0)
    const isOver = this.#uncommittedBytes + bytes > uncommittedBytesMax
    return isOver && this.#uncommittedBytes > 0 ? 'tooManyUncommitted' : null
  }

  read(requestId: number): void {
    this.#reads.add(requestId, this.#parts.id)
  }

  changeMembership(
    { requestId, voters, learners }: InputOf<'changeMembership'>,
    nowMs: number,
  ): void {
    const { outbox, log, id } = this.#parts
    const refuse = (reason: MembershipRefusal) => {
      outbox.emit({ type: 'membershipRefused', requestId, reason, leader: id })
    }
    if (this.#transfer !== null) return refuse('transferring')
    if (!this.#mayChangeMembership()) return refuse('changeInProgress')
    if (voters.length === 0) return refuse('noVoters')
    if (!voters.every((voter) => this.#isCaughtUp(voter))) return refuse('notCaughtUp')
    const configuration = change(log.configuration, { voters, learners })
    if (configuration === null) return refuse('noChange')
    const index = this.#append({ type: 'configuration', configuration })
    this.#followMembership(log.lastIndex, nowMs)
    outbox.emit({ type: 'membershipAccepted', requestId, index })
  }

  /**
   * Needs the quorum of now to be committed, and an entry of this term, so that no other change can
   * be lurking.
   */
  #mayChangeMembership(): boolean {
    const { log } = this.#parts
    const isSettled = log.configurationIndex <= log.commit && !isJoint(log.configuration)
    return isSettled && log.commit >= this.firstIndex
  }

  #isCaughtUp(voter: VoterId): boolean {
    const { log, options, id } = this.#parts
    if (voter === id || log.configuration.voters.includes(voter)) return true
    const match = this.#progress.get(voter)?.match ?? 0
    return match > 0 && match + options.promotionLagEntriesMax >= log.commit
  }

  /** Whoever is a member gets the log from now on. Who has left is kept until that is committed. */
  #followMembership(next: LogIndex, nowMs: number): void {
    const { log, id } = this.#parts
    for (const member of membersOf(log.configuration)) {
      if (member === id || this.#progress.has(member)) continue
      this.#progress.set(member, new Progress(next, nowMs))
    }
  }

  transferLeadership(to: VoterId | undefined, nowMs: number): void {
    const { outbox, log, id, options } = this.#parts
    if (this.#transfer !== null) {
      outbox.emit({ type: 'transferEnded', to: to ?? null, reason: 'another is under way' })
      return
    }
    const target = to ?? this.#furthestVoter(nowMs)
    const isVoter = target !== undefined && log.configuration.voters.includes(target)
    if (!isVoter || target === id) {
      outbox.emit({ type: 'transferEnded', to: target ?? null, reason: 'no other voter' })
      return
    }
    this.#transfer = {
      to: target,
      deadlineMs: nowMs + options.electionTimeoutMaxMs,
      isAsked: false,
    }
  }

  /** The voter to hand over to: in touch, and with the most of the log. */
  #furthestVoter(nowMs: number): VoterId | undefined {
    const { log, options } = this.#parts
    let best: VoterId | undefined
    let bestMatch = -1
    for (const voter of log.configuration.voters) {
      const progress = this.#progress.get(voter)
      if (progress === undefined || progress.match <= bestMatch) continue
      if (nowMs - progress.lastContactMs >= options.electionTimeoutMinMs) continue
      best = voter
      bestMatch = progress.match
    }
    return best
  }

  /** This voter stood still for so long: it could hear nobody meanwhile. */
  excuse(stalledMs: number): void {
    for (const progress of this.#progress.values()) progress.excuse(stalledMs)
  }

  /** Heartbeats, retries and deadlines. Returns why the office must end, if it must. */
  tick(nowMs: number): string | null {
    const { options, outbox, rules, log, id } = this.#parts
    const heardMs = rules.reached(log.configuration, (voter) =>
      voter === id ? nowMs : (this.#progress.get(voter)?.silentFromMs ?? 0),
    )
    const silentMs = nowMs - heardMs
    const isOver = rules.losesOffice(silentMs, options.electionTimeoutMinMs)
    if (isOver) return `no quorum heard for ${silentMs} ms`
    if (this.#transfer !== null && nowMs >= this.#transfer.deadlineMs) {
      outbox.emit({ type: 'transferEnded', to: this.#transfer.to, reason: 'it took too long' })
      this.#transfer = null
    }
    if (nowMs >= this.#heartbeatDueMs) this.#heartbeat(nowMs)
    this.#snapshots.retry(this.#progress, nowMs)
    return null
  }

  /** A leader without followers has nobody to tell that it leads. */
  get nextDeadlineMs(): number {
    return this.#progress.size === 0 ? Number.POSITIVE_INFINITY : this.#heartbeatDueMs
  }

  #heartbeat(nowMs: number): void {
    const { log, options } = this.#parts
    this.#round++
    this.#heartbeatDueMs = nowMs + options.heartbeatMs
    if (this.#isEstablished) this.#reads.roundBegins(this.#round, log.commit)
    for (const [to, { match }] of this.#progress) {
      const commit = Math.min(match, log.commit)
      const message = { type: 'heartbeat', term: this.term, commit, round: this.#round } as const
      this.#parts.outbox.send(to, message)
    }
    if (this.#transfer !== null) this.#transfer.isAsked = false
  }

  /**
   * An entry of this term is committed, so the commit index is at least what any leader before
   * could know.
   */
  get #isEstablished(): boolean {
    return this.#parts.log.commit >= this.firstIndex
  }

  #heard(from: VoterId, nowMs: number): Progress | undefined {
    const progress = this.#progress.get(from)
    progress?.heard(nowMs)
    return progress
  }

  appended(from: VoterId, { matchIndex }: Appended, nowMs: number): void {
    const progress = this.#heard(from, nowMs)
    if (progress === undefined) return
    assert(matchIndex <= this.#parts.log.lastIndex, 'a follower has no more than the leader')
    progress.matched(matchIndex)
    if (progress.match === this.#parts.log.lastIndex) progress.caughtUp(nowMs)
  }

  appendRejected(from: VoterId, message: AppendRejected, nowMs: number): void {
    const progress = this.#heard(from, nowMs)
    if (progress === undefined) return
    const { hintIndex: index, hintTerm: term, rejectedIndex } = message
    progress.rejected(rejectedIndex, this.#parts.log.lastAgreeing({ index, term }).index)
  }

  heartbeatAck(from: VoterId, { round }: HeartbeatAck, nowMs: number): void {
    const progress = this.#heard(from, nowMs)
    if (progress === undefined) return
    if (progress.match === this.#parts.log.lastIndex) progress.caughtUp(nowMs)
    if (progress.heartbeatAnswered(round)) this.#send(from, progress, nowMs, true)
  }

  snapshotProgress(from: VoterId, index: LogIndex, receivedBytes: number, nowMs: number): void {
    const progress = this.#heard(from, nowMs)
    if (progress !== undefined) {
      this.#snapshots.acked(from, progress, { index, receivedBytes, nowMs })
    }
  }

  snapshotUnreadable(to: VoterId, index: LogIndex): void {
    const progress = this.#progress.get(to)
    if (progress?.transfer?.snapshot.index === index) progress.probe()
  }

  /** Commits what a quorum holds durably; true when that moved the commit index. */
  advanceCommit(): boolean {
    const { log, rules, durability, id } = this.#parts
    const index = rules.reached(log.configuration, (voter) =>
      voter === id ? durability.durableIndex : (this.#progress.get(voter)?.match ?? 0),
    )
    if (index <= log.commit || !rules.mayCommit(log.termAt(index), this.term)) return false
    for (const entry of log.range(Math.max(log.commit + 1, this.firstIndex), index)) {
      this.#uncommittedBytes -= entryBytes(entry)
    }
    log.commitTo(index)
    return true
  }

  /** Ends a joint change once it is committed. */
  leaveJointIfDue(nowMs: number): void {
    const { log } = this.#parts
    if (!isJoint(log.configuration) || log.configurationIndex > log.commit) return
    this.#append({ type: 'configuration', configuration: leaveJoint(log.configuration) })
    this.#followMembership(log.lastIndex, nowMs)
  }

  /** This voter is no part of the quorum any more, and that is committed. */
  get isRemoved(): boolean {
    const { log, id } = this.#parts
    const isSettled = log.configurationIndex <= log.commit && !isJoint(log.configuration)
    return isSettled && !log.configuration.voters.includes(id)
  }

  /** Names a successor before leaving, so that nobody has to wait for a timeout. */
  nameSuccessor(nowMs: number): void {
    const to = this.#furthestVoter(nowMs)
    if (to !== undefined) this.#parts.outbox.send(to, { type: 'timeoutNow', term: this.term })
  }

  /** Sends whatever may leave: entries, a new commit index, a round for reads. */
  replicate(nowMs: number): void {
    if (this.#reads.needsRound && this.#isEstablished) this.#heartbeat(nowMs)
    for (const [to, progress] of this.#progress) {
      while (progress.mayAppend(this.#parts.options)) {
        if (!this.#hasNews(progress)) break
        if (!this.#send(to, progress, nowMs, false)) break
      }
    }
    this.#pushTransfer()
    this.#dropLeavers()
  }

  #hasNews(progress: Progress): boolean {
    const { log } = this.#parts
    return progress.next <= log.lastIndex || progress.sentCommit < log.commit
  }

  /** False when nothing more may leave for now. */
  #send(to: VoterId, progress: Progress, nowMs: number, isQuestion: boolean): boolean {
    const isHeld = this.#parts.log.termAt(progress.next - 1) !== undefined
    if (isHeld) return this.#sendAppend(to, progress, isQuestion)
    return this.#snapshots.begin(to, progress, nowMs)
  }

  /** `isQuestion`: even if there is nothing to say, to learn where the follower stands. */
  #sendAppend(to: VoterId, progress: Progress, isQuestion: boolean): boolean {
    const { log, options, outbox } = this.#parts
    const previousIndex = progress.next - 1
    const previousTerm = known(log.termAt(previousIndex), 'a term before what is sent')
    const isFull = progress.state === 'replicate' && progress.inflight.isFull(options)
    const entries = isFull ? [] : log.slice(progress.next, options.appendBytesMax)
    if (entries.length === 0 && !isQuestion && progress.sentCommit >= log.commit) return false
    const commit = log.commit
    const term = this.term
    outbox.send(to, { type: 'append', term, previousIndex, previousTerm, entries, commit })
    const bytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0)
    progress.sentThrough(previousIndex + entries.length, bytes, this.#round)
    progress.sentCommit = commit
    return true
  }

  #pushTransfer(): void {
    if (this.#transfer === null || this.#transfer.isAsked) return
    const { to } = this.#transfer
    if (this.#progress.get(to)?.match !== this.#parts.log.lastIndex) return
    this.#transfer.isAsked = true
    this.#parts.outbox.send(to, { type: 'timeoutNow', term: this.term })
  }

  /** Those who have left have been told so, as well as one message can. */
  #dropLeavers(): void {
    const { log } = this.#parts
    if (log.configurationIndex > log.commit) return
    const members = membersOf(log.configuration)
    for (const id of this.#progress.keys()) if (!members.has(id)) this.#progress.delete(id)
  }

  answerReads(): void {
    const { log, rules, id } = this.#parts
    const confirmed = rules.reached(log.configuration, (voter) =>
      voter === id ? this.#round : (this.#progress.get(voter)?.ackedRound ?? 0),
    )
    this.#reads.confirm(confirmed, log.applied)
  }

  end(leader: VoterId | null): void {
    this.#reads.refuseAll(leader)
    if (this.#transfer === null) return
    const { to } = this.#transfer
    this.#parts.outbox.emit({ type: 'transferEnded', to, reason: 'the term ended' })
  }

  /** Compaction keeps what a follower needs after the snapshot that it is being sent. */
  get oldestTransferIndex(): LogIndex {
    return this.#snapshots.oldestIndex(this.#progress)
  }
}
