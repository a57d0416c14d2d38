// One voter of the quorum: a function from (time, input) to effects, with the state in between.
// Decides who it follows and when it stands for election; what it does as a leader is in
// leadership.ts, with its log as a follower in following.ts. Never waits, reads no clock, does no
// I/O; throws only when an invariant is broken.

import { assert, assertNever } from './assert.ts'
import { Ballot } from './ballot.ts'
import { isVoter, votersOf } from './configuration.ts'
import { Durability } from './durability.ts'
import type { Effect } from './effects.ts'
import { ElectionTimer } from './election-timer.ts'
import { Following } from './following.ts'
import type { Input } from './inputs.ts'
import { Leadership } from './leadership.ts'
import { RaftLog } from './log.ts'
import type { Message, RequestVote, Vote } from './messages.ts'
import { checkOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import type { VoterParts } from './parts.ts'
import type { Candidacy, Role } from './role.ts'
import { rules as productionRules } from './rules.ts'
import { type VoterStatus, voterStatus } from './status.ts'
import type { LogIndex, SnapshotDescriptor, Term, VoterId } from './types.ts'
import type { VoterSetup } from './voter-setup.ts'

export class Voter {
  readonly id: VoterId
  readonly #parts: VoterParts
  readonly #ballot: Ballot
  readonly #following: Following
  readonly #electionTimer: ElectionTimer
  #role: Role = { type: 'follower' }
  #leader: VoterId | null = null
  #nowMs: number
  #followed: VoterStatus['followed'] = null
  /** A leader that was down when it was last heard of: its vote is not to be waited for. */
  #downPeer: VoterId | null = null
  #readyTerm: Term = 0

  constructor(setup: VoterSetup) {
    const { id, options, restored, rules = productionRules } = setup
    checkOptions(options)
    this.id = id
    this.#nowMs = setup.nowMs
    this.#electionTimer = new ElectionTimer(options, setup.random)
    const ballot = new Ballot(restored.hardState, restored.damaged)
    const log = new RaftLog(restored)
    assert(log.last.term <= ballot.term, 'no entry is of a later term than the voter')
    const durability = new Durability(log.lastIndex)
    const outbox = new Outbox({ log, durability, rules, hardState: () => ballot.hardState })
    ballot.onChange(() => outbox.ballotChanged())
    if (restored.damaged) outbox.ballotChanged()
    this.#ballot = ballot
    this.#parts = { id, options, rules, log, durability, outbox }
    this.#following = new Following(this.#parts, setup.checksum)
    const others = [...votersOf(log.configuration)].filter((voter) => voter !== id)
    if (others.length === 0) this.#electionTimer.expire(this.#nowMs)
    else this.#electionTimer.restart(this.#nowMs)
    // Before the first input: nobody stands for election on a snapshot that is yet to be restored.
    this.#apply()
  }

  /** Advances the voter by one input. */
  step(nowMs: number, input: Input): Effect[] {
    return this.stepAll(nowMs, [input])
  }

  /**
   * Advances it by all that has gathered, which then shares a persist and fewer, fuller messages.
   */
  stepAll(nowMs: number, inputs: readonly Input[]): Effect[] {
    // Timers may suffer from a clock that goes back; nothing else looks at it.
    this.#nowMs = Math.max(this.#nowMs, nowMs)
    this.#excuseOwnStall()
    for (const input of inputs) this.#take(input)
    this.#finish()
    return this.#parts.outbox.take()
  }

  /** When the next tick is due at the latest. */
  get nextDeadlineMs(): number {
    return this.#role.type === 'leader'
      ? this.#role.office.nextDeadlineMs
      : this.#electionTimer.dueMs
  }

  get status(): VoterStatus {
    const office = this.#role.type === 'leader' ? this.#role.office : null
    const { log, durability } = this.#parts
    return voterStatus({
      ballot: this.#ballot,
      role: this.#role.type,
      leader: this.#leader,
      followed: this.#followed,
      log,
      durability,
      office,
    })
  }

  /** What a snapshot of the state at `index` must be described by; null where none can be taken. */
  describeSnapshot(index: LogIndex): Omit<SnapshotDescriptor, 'sizeBytes' | 'checksum'> | null {
    const { log } = this.#parts
    const term = log.termAt(index)
    if (index > log.applied || index <= (log.snapshot?.index ?? 0) || term === undefined)
      return null
    const configuration = log.configurationAt(index)
    // Before it has heard of a quorum, a new voter's state is nothing that another could start
    // from.
    return configuration.voters.length === 0 ? null : { index, term, configuration }
  }

  /** Snapshots that may still be asked for, besides the newest. */
  get snapshotsInUse(): readonly SnapshotDescriptor[] {
    if (this.#role.type !== 'leader') return []
    const inUse: SnapshotDescriptor[] = []
    for (const { transfer } of this.#role.office.progress.values()) {
      if (transfer !== null) inUse.push(transfer.snapshot)
    }
    return inUse
  }

  /**
   * Whoever runs a voter calls it by its deadline. When that is long over the process stood still,
   * and the others may have spoken all the while: its own stall is nobody else's silence.
   */
  #excuseOwnStall(): void {
    const stalledMs = this.#nowMs - this.nextDeadlineMs
    if (stalledMs < this.#parts.options.heartbeatMs / 2) return
    if (this.#role.type === 'leader') this.#role.office.excuse(stalledMs)
    else this.#electionTimer.excuse(this.#nowMs, stalledMs)
  }

  #take(input: Input): void {
    const { outbox, durability } = this.#parts
    const office = this.#role.type === 'leader' ? this.#role.office : null
    switch (input.type) {
      case 'tick':
        return this.#tick()
      case 'message':
        return this.#receive(input.from, input.message)
      case 'durable':
        return durability.durable(input.token)
      case 'propose': {
        if (office !== null) return office.propose(input)
        const { requestId } = input
        const leader = this.#leader
        return outbox.emit({ type: 'proposalRefused', requestId, reason: 'notLeader', leader })
      }
      case 'read': {
        if (office !== null) return office.read(input.requestId)
        const { requestId } = input
        const leader = this.#leader
        return outbox.emit({ type: 'readRefused', requestId, reason: 'notLeader', leader })
      }
      case 'changeMembership': {
        if (office !== null) return office.changeMembership(input, this.#nowMs)
        const { requestId } = input
        const leader = this.#leader
        return outbox.emit({ type: 'membershipRefused', requestId, reason: 'notLeader', leader })
      }
      case 'transferLeadership': {
        if (office !== null) return office.transferLeadership(input.to, this.#nowMs)
        const to = input.to ?? null
        return outbox.emit({ type: 'transferEnded', to, reason: 'this voter does not lead' })
      }
      case 'peerDown':
        return this.#peerDown(input.peer)
      case 'campaign':
        return this.#role.type === 'follower' ? this.#stand() : undefined
      case 'snapshotTaken':
        return this.#snapshotTaken(input.snapshot)
      case 'snapshotChunkWritten':
        return this.#following.chunkWritten(input, this.#currentLeader)
      case 'snapshotUnreadable':
        return office?.snapshotUnreadable(input.to, input.index)
      default:
        return assertNever(input)
    }
  }

  get #currentLeader(): { readonly id: VoterId; readonly term: Term } | null {
    return this.#leader === null ? null : { id: this.#leader, term: this.#ballot.term }
  }

  #tick(): void {
    if (this.#role.type === 'leader') {
      const reason = this.#role.office.tick(this.#nowMs)
      if (reason !== null) this.#follow(null, reason)
    } else if (this.#nowMs >= this.#electionTimer.dueMs) {
      this.#stand()
    }
  }

  /**
   * Forgets a leader that is down, and with it the lease that its voters keep to. Nothing rests on
   * a lease but the quiet of a quorum (dissertation, 6.4.1): a false alarm cannot make two leaders.
   */
  #peerDown(peer: VoterId): void {
    if (this.#role.type !== 'follower' || this.#leader !== peer) return
    this.#setLeader(null)
    this.#downPeer = peer
    this.#electionTimer.leaderIsDown(this.#nowMs)
  }

  /** A voter that lost part of its log must not lead until it has caught up. */
  get #mayStand(): boolean {
    const { log } = this.#parts
    return this.#isElectable && this.#ballot.damagedInTerm === null && log.toRestore === null
  }

  /**
   * Also when a change that is not known to be committed removes it: it may be the only one with
   * that change in its log, and those who stay could not win against it (dissertation, 4.2.2).
   */
  get #isElectable(): boolean {
    const { log } = this.#parts
    const inForce = log.configurationAt(Math.min(log.commit, log.configurationIndex))
    return isVoter(log.configuration, this.id) || isVoter(inForce, this.id)
  }

  /** Asks whether an election would be won, before it disturbs anyone (dissertation, 9.6). */
  #stand(): void {
    this.#electionTimer.restart(this.#nowMs)
    this.#follow(null, '')
    if (!this.#mayStand) return
    this.#role = { type: 'preCandidate', isTransfer: false, votes: new Map([[this.id, true]]) }
    this.#askForVotes(this.#ballot.term + 1, true, false)
  }

  #campaign(isTransfer: boolean): void {
    assert(this.#role.type !== 'leader', 'a leader does not stand')
    this.#electionTimer.restartPatiently(this.#nowMs)
    this.#setLeader(null)
    this.#ballot.enter(this.#ballot.term + 1)
    this.#ballot.vote(this.id)
    this.#role = { type: 'candidate', isTransfer, votes: new Map() }
    this.#askForVotes(this.#ballot.term, false, isTransfer)
  }

  #askForVotes(term: Term, preVote: boolean, transfer: boolean): void {
    const { log, outbox } = this.#parts
    const { index: lastIndex, term: lastTerm } = log.last
    for (const to of votersOf(log.configuration)) {
      if (to === this.id) continue
      outbox.send(to, { type: 'requestVote', term, lastIndex, lastTerm, preVote, transfer })
    }
  }

  #receive(from: VoterId, message: Message): void {
    if (from === this.#downPeer) this.#downPeer = null
    if (message.type === 'requestVote') return this.#voteAsked(from, message)
    if (message.type === 'vote') return this.#voted(from, message)
    if (message.term < this.#ballot.term) return this.#refuseEarlierTerm(from, message)
    if (message.term > this.#ballot.term) this.#enter(message.term, `term ${message.term} began`)
    switch (message.type) {
      case 'append':
        this.#hearLeader(from)
        return this.#following.append(from, message)
      case 'heartbeat':
        this.#hearLeader(from)
        return this.#following.heartbeat(from, message)
      case 'snapshotChunk':
        this.#hearLeader(from)
        return this.#following.snapshotChunk(from, message)
      case 'timeoutNow':
        if (this.#role.type === 'follower' && this.#mayStand) this.#campaign(true)
        return
      case 'laterTerm':
        return
      case 'appended':
      case 'appendRejected':
      case 'heartbeatAck':
      case 'snapshotProgress':
        return this.#answered(from, message)
      default:
        return assertNever(message)
    }
  }

  #answered(
    from: VoterId,
    message: Extract<
      Message,
      { type: 'appended' | 'appendRejected' | 'heartbeatAck' | 'snapshotProgress' }
    >,
  ): void {
    if (this.#role.type !== 'leader') return
    const { office } = this.#role
    switch (message.type) {
      case 'appended':
        return office.appended(from, message, this.#nowMs)
      case 'appendRejected':
        return office.appendRejected(from, message, this.#nowMs)
      case 'heartbeatAck':
        return office.heartbeatAck(from, message, this.#nowMs)
      case 'snapshotProgress': {
        const { index, receivedBytes } = message
        return office.snapshotProgress(from, index, receivedBytes, this.#nowMs)
      }
    }
  }

  /**
   * Whoever acts in a term that is over is told so, or a leader could go on unheard (etcd's stuck
   * follower).
   */
  #refuseEarlierTerm(from: VoterId, message: Message): void {
    const isLeaders =
      message.type === 'append' || message.type === 'heartbeat' || message.type === 'snapshotChunk'
    if (isLeaders) this.#parts.outbox.send(from, { type: 'laterTerm', term: this.#ballot.term })
  }

  /** Leaves whatever it was for a later term. */
  #enter(term: Term, reason: string): void {
    this.#ballot.enter(term)
    this.#follow(null, reason)
  }

  #hearLeader(from: VoterId): void {
    assert(this.#role.type !== 'leader', `${from} leads term ${this.#ballot.term} too`)
    assert(
      this.#leader === null || this.#leader === from,
      `${from} and ${this.#leader} both lead term ${this.#ballot.term}`,
    )
    const heardMs = this.#leader === from ? this.#followed?.heardMs : undefined
    const silentMs = heardMs === undefined ? null : this.#nowMs - heardMs
    this.#follow(from, '')
    this.#followed = { leader: from, heardMs: this.#nowMs }
    this.#electionTimer.leaderHeard(this.#nowMs, silentMs)
  }

  #follow(leader: VoterId | null, reason: string): void {
    const role = this.#role
    this.#role = { type: 'follower' }
    if (role.type === 'leader') {
      const { term } = role.office
      this.#parts.outbox.emit({ type: 'steppedDown', term, reason })
      this.#electionTimer.restart(this.#nowMs)
      role.office.end(leader)
      this.#followed = null
    }
    this.#setLeader(leader)
  }

  #setLeader(leader: VoterId | null): void {
    if (this.#leader === leader) return
    this.#leader = leader
    this.#parts.outbox.emit({ type: 'leaderChanged', term: this.#ballot.term, leader })
  }

  #voteAsked(from: VoterId, message: RequestVote): void {
    const { log, outbox, rules } = this.#parts
    const { term, preVote } = message
    if (!message.transfer && this.#isUnderLease) return
    if (term > this.#ballot.term && !preVote) this.#enter(term, `${from} stands in term ${term}`)
    const own = this.#ballot.term
    const mayVote = preVote
      ? term > own
      : term === own && rules.mayVote(this.#ballot.votedFor, this.#leader, from)
    const candidate = { index: message.lastIndex, term: message.lastTerm }
    const isUpToDate = rules.isUpToDate(candidate, log.last)
    const granted = mayVote && isUpToDate && this.#ballot.damagedInTerm === null
    if (granted && !preVote) {
      this.#ballot.vote(from)
      this.#electionTimer.restartPatiently(this.#nowMs)
    }
    const answerTerm = granted ? term : own
    outbox.send(from, { type: 'vote', term: answerTerm, preVote, granted })
  }

  /** A leader that has a quorum is not voted out; it steps down by itself when it has none. */
  get #isUnderLease(): boolean {
    const { rules } = this.#parts
    const leaseMs = this.#electionTimer.leaseMs(this.#nowMs)
    if (this.#role.type === 'leader') return rules.holdsLease(0, leaseMs)
    if (this.#leader === null || this.#followed === null) return false
    return rules.holdsLease(this.#nowMs - this.#followed.heardMs, leaseMs)
  }

  #voted(from: VoterId, message: Vote): void {
    const { granted, preVote, term } = message
    const asked = preVote && granted ? this.#ballot.term + 1 : this.#ballot.term
    if (!granted && term > this.#ballot.term) return this.#enter(term, `term ${term} began`)
    const role = this.#role
    if (term !== asked || role.type !== (preVote ? 'preCandidate' : 'candidate')) return
    role.votes.set(from, granted)
  }

  #finish(): void {
    this.#countVotes()
    if (this.#role.type === 'leader') {
      const { office } = this.#role
      // A commit can make more due: the end of a joint change, and with it a smaller quorum.
      while (office.advanceCommit()) office.leaveJointIfDue(this.#nowMs)
      office.leaveJointIfDue(this.#nowMs)
    }
    this.#apply()
    this.#healIfDue()
    if (this.#role.type === 'leader') this.#finishOffice(this.#role.office)
  }

  #countVotes(): void {
    const role = this.#role
    if (role.type !== 'preCandidate' && role.type !== 'candidate') return
    const { log, rules, durability } = this.#parts
    // Its own vote counts like any other: once it is durable.
    const isOwnDurable = durability.ballotToken <= durability.durableToken
    const isCounted = !this.#parts.outbox.isBallotDirty && isOwnDurable
    if (role.type === 'candidate' && isCounted) role.votes.set(this.id, true)
    if (rules.wins(log.configuration, (id) => role.votes.get(id) === true)) {
      if (role.type === 'preCandidate') {
        this.#campaign(role.isTransfer)
        this.#countVotes()
      } else this.#takeOffice()
    } else if (!rules.wins(log.configuration, (id) => this.#mayStillVote(role, id))) {
      // Lost for certain; the next attempt waits for the timer.
      this.#role = { type: 'follower' }
      if (role.type === 'candidate') this.#electionTimer.electionLost(this.#nowMs)
    }
  }

  #mayStillVote({ votes }: Candidacy, id: VoterId): boolean {
    return votes.get(id) !== false && id !== this.#downPeer
  }

  #takeOffice(): void {
    const { term } = this.#ballot
    assert(this.#ballot.votedFor === this.id, 'a leader has voted for itself')
    this.#following.discardIncoming()
    this.#parts.outbox.emit({ type: 'becameLeader', term })
    this.#setLeader(this.id)
    this.#role = { type: 'leader', office: new Leadership(this.#parts, term, this.#nowMs) }
    // Heartbeats tell everyone at once.
    this.#role.office.tick(this.#nowMs)
  }

  #finishOffice(office: Leadership): void {
    if (this.#readyTerm !== office.term && this.#parts.log.applied >= office.firstIndex) {
      this.#readyTerm = office.term
      const { term, firstIndex: index } = office
      this.#parts.outbox.emit({ type: 'leaderReady', term, index })
    }
    office.replicate(this.#nowMs)
    office.answerReads()
    if (!office.isRemoved) return
    office.nameSuccessor(this.#nowMs)
    this.#follow(null, 'removed from the quorum')
  }

  /** Hands on what is committed and on this voter's own disk. */
  #apply(): void {
    const { log, durability, outbox } = this.#parts
    const snapshot = log.toRestore
    if (snapshot !== null) {
      if (durability.durableIndex < snapshot.index) return
      outbox.emit({ type: 'restoreSnapshot', snapshot })
      log.appliedTo(snapshot.index)
    }
    const through = Math.min(log.commit, durability.durableIndex)
    if (through <= log.applied) return
    const entries = log.range(log.applied + 1, through)
    log.appliedTo(through)
    outbox.emit({ type: 'apply', entries })
    for (const entry of entries) {
      if (entry.type !== 'configuration') continue
      const { index, configuration } = entry
      outbox.emit({ type: 'configurationApplied', index, configuration })
    }
  }

  #healIfDue(): void {
    const { log, rules } = this.#parts
    const { damagedInTerm } = this.#ballot
    if (damagedInTerm === null || log.applied < log.commit) return
    if (rules.hasHealed(damagedInTerm, log.termAt(log.commit))) this.#ballot.healed()
  }

  #snapshotTaken(snapshot: SnapshotDescriptor): void {
    const { log, outbox, options } = this.#parts
    // One that was received meanwhile may have overtaken it.
    if (snapshot.index <= (log.snapshot?.index ?? 0)) return
    log.snapshotTaken(snapshot)
    const inTransfer =
      this.#role.type === 'leader'
        ? this.#role.office.oldestTransferIndex
        : Number.POSITIVE_INFINITY
    const throughIndex = Math.min(snapshot.index - options.trailingEntries, inTransfer)
    if (throughIndex < log.firstIndex) return
    log.compact(throughIndex)
    outbox.emit({ type: 'compactLog', throughIndex })
  }
}
