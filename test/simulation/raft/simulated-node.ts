// One machine of the simulation: a voter on its disk, its clock and its inbox. It carries out the
// voter's effects one at a time, so that it can die between any two, and shows each to the checker.

import { crc32 } from 'node:zlib'
import { hasQuorum } from '@samsa/raft/core/configuration'
import type { Effect, Send } from '@samsa/raft/core/effects'
import type { Input } from '@samsa/raft/core/inputs'
import type { Message } from '@samsa/raft/core/messages'
import type { RaftOptions } from '@samsa/raft/core/options'
import type { Rules } from '@samsa/raft/core/rules'
import type { Configuration, VoterId } from '@samsa/raft/core/types'
import { Voter } from '@samsa/raft/core/voter'
import type { EventQueue } from '../shared/event-queue.ts'
import type { Random } from '../shared/random.ts'
import { violated } from '../shared/violation.ts'
import { type Checker, LogMirror, Ratchet } from './checker.ts'
import type { Faults } from './faults.ts'
import { type DiskFlaws, ModelDisk } from './model-disk.ts'
import { StateMachine } from './state-machine.ts'

/** What a node needs of the world around it. */
export interface Surroundings {
  readonly events: EventQueue
  readonly random: Random
  readonly faults: Faults
  readonly options: RaftOptions
  readonly rules: Rules
  readonly checker: Checker
  readonly flaws: DiskFlaws
  /** No more faults: the quorum must come to rest. */
  readonly isHealed: () => boolean
  /** Counts the boundaries between effects, and says at which one a node dies. */
  readonly isLastEffect: () => boolean
  /** Drivers that send without waiting for the disk are a fault of their own. */
  readonly ignoresAfter: boolean
  /** So are those that answer reads without the core, while their clock says that they lead. */
  readonly readsByTheClock: boolean
  send(from: VoterId, to: VoterId, message: Message): void
  diskOf(id: VoterId): ModelDisk | undefined
  happened(node: SimulatedNode, effect: Effect): void
  log(line: () => string): void
}

interface Heard {
  readonly atMs: number
  readonly term: number
  readonly from: VoterId | null
}

const nobodyHeard: Heard = { atMs: Number.NEGATIVE_INFINITY, term: 0, from: null }

export class SimulatedNode {
  readonly nodeId: number
  id: VoterId
  disk: ModelDisk
  machine = new StateMachine()
  mirror = new LogMirror({ index: 0, term: 0 }, [])
  voter: Voter | null = null
  #isPaused = false
  /** A timer went off while the process was stopped. */
  #isTickOwed = false
  readonly #world: Surroundings
  #bootstrap: Configuration
  #random: Random
  /** Counts starts; what an earlier one had planned is void. */
  #life = 0
  #inbox: Input[] = []
  #isDraining = false
  #isDiskBusy = false
  #tickPlannedMs = Number.POSITIVE_INFINITY
  #waiting: Send[] = []
  #ratchet = new Ratchet()
  #clockRate = 1
  #clockOffsetMs = 0
  /** What the clock has shown at most. Voters take no notice of one that goes back. */
  #clockMaxMs = 0
  #lastSnapshotIndex = 0
  /** When, on its own clock, it last heard a leader that it has not been told is down. */
  #heard: Heard = nobodyHeard
  /** A leader's contacts by its own clock. */
  #contacts = new Map<VoterId, number>()

  constructor(
    world: Surroundings,
    setup: { nodeId: number; id: VoterId; bootstrap: Configuration },
  ) {
    this.#world = world
    this.nodeId = setup.nodeId
    this.id = setup.id
    this.#bootstrap = setup.bootstrap
    this.disk = new ModelDisk(world.flaws)
    this.#random = world.random.fork()
    const { driftMax } = world.faults
    this.#clockRate = 1 + this.#random.between(-driftMax, driftMax)
  }

  get #localMs(): number {
    this.#clockMaxMs = Math.max(this.#clockMaxMs, this.#rawMs)
    return this.#clockMaxMs
  }

  get #rawMs(): number {
    return this.#world.events.nowMs * this.#clockRate + this.#clockOffsetMs
  }

  jumpClock(byMs: number): void {
    this.#clockOffsetMs += byMs
  }

  /** A clock that was put back runs on from where it was. */
  mendClock(): void {
    this.#clockOffsetMs += this.#localMs - this.#rawMs
  }

  start(): void {
    const { options, rules, checker } = this.#world
    const restored = this.disk.restore(this.#bootstrap)
    this.#life++
    this.machine = new StateMachine()
    this.mirror = new LogMirror(restored.base, restored.entries)
    this.#ratchet = new Ratchet()
    this.#heard = nobodyHeard
    this.#lastSnapshotIndex = restored.snapshot?.index ?? 0
    this.voter = new Voter({
      id: this.id,
      options,
      rules,
      restored,
      nowMs: this.#localMs,
      random: () => this.#random.next(),
      checksum: (bytes) => crc32(bytes),
    })
    checker.restarted(this.id, this.voter.status.term)
    this.#world.log(() => `${this.id} starts${restored.damaged ? ' damaged' : ''}`)
    this.give({ type: 'tick' })
  }

  /**
   * The power goes: what the disk has not finished may or may not be there, from some point on not.
   */
  crash(): void {
    if (this.voter === null) return
    const random = this.#random
    const whole = random.integer(0, this.disk.pendingCount)
    const torn = random.chance(0.5) ? random.integer(0, 3) : null
    this.disk.crash(whole, torn)
    this.voter = null
    this.#life++
    this.#inbox = []
    this.#isDraining = false
    this.#isDiskBusy = false
    this.#tickPlannedMs = Number.POSITIVE_INFINITY
    this.#waiting = []
    this.#isPaused = false
    this.#isTickOwed = false
    this.#world.log(() => `${this.id} crashes; ${whole} writes and ${torn} entries got there`)
  }

  /** A new disk, and so a new voter. */
  wipe(id: VoterId, bootstrap: Configuration): void {
    this.crash()
    this.id = id
    this.disk = new ModelDisk(this.#world.flaws)
    this.#bootstrap = bootstrap
  }

  /** The process is stopped; its sockets go on taking what comes. */
  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#drainSoon()
    if (!this.#isTickOwed) return
    // Timers go off before or after what has gathered is read: an event loop promises nothing.
    this.#isTickOwed = false
    this.#later(this.#random.between(0, 5), () => this.give({ type: 'tick' }))
  }

  give(input: Input): void {
    if (this.voter === null) return
    if (this.#isPaused && input.type === 'tick') {
      this.#isTickOwed = true
      return
    }
    this.#inbox.push(input)
    this.#drainSoon()
  }

  /** It has been asked for another quorum and has not read that yet. */
  get isToldToChange(): boolean {
    return this.#inbox.some(({ type }) => type === 'changeMembership')
  }

  #later(delayMs: number, happen: () => void): void {
    const life = this.#life
    this.#world.events.after(delayMs, () => {
      if (life === this.#life) happen()
    })
  }

  #drainSoon(): void {
    if (this.#isDraining || this.#isPaused || this.#inbox.length === 0) return
    this.#isDraining = true
    const delayMs = this.#world.faults.batchesInputs ? this.#random.between(0, 4) : 0
    this.#later(delayMs, () => {
      this.#isDraining = false
      if (this.#isPaused) return
      const count = this.#world.faults.batchesInputs ? this.#inbox.length : 1
      this.#step(this.#inbox.splice(0, count))
      this.#drainSoon()
    })
  }

  #step(given: readonly Input[]): void {
    const { voter } = this
    if (voter === null || given.length === 0) return
    const inputs = this.#world.readsByTheClock ? this.#withoutReads(given, voter) : given
    if (inputs.length === 0) return
    const before = voter.status
    const isDown = (input: Input) => input.type === 'peerDown' && input.peer === this.#heard.from
    if (inputs.some(isDown)) this.#heard = nobodyHeard
    this.#excuseStall(voter)
    const effects = voter.stepAll(this.#localMs, inputs)
    const [only] = inputs
    if (inputs.length === 1 && only !== undefined) this.#checkLease(only, before.term, effects)
    const life = this.#life
    for (const effect of effects) {
      this.#maybeDie()
      if (life !== this.#life) return
      this.#world.log(() => `${this.id} ${JSON.stringify(effect)}`)
      this.#carryOut(effect)
    }
    this.#maybeDie()
    if (life !== this.#life) return
    this.#observe(before, inputs)
    this.#planTick()
    this.#maybeSnapshot()
  }

  /** While it stood still a leader could hear nobody: that is not held against it. */
  #excuseStall({ nextDeadlineMs }: Voter): void {
    const stalledMs = this.#localMs - nextDeadlineMs
    if (stalledMs < this.#world.options.heartbeatMs / 2) return
    for (const [id, atMs] of this.#contacts) this.#contacts.set(id, atMs + stalledMs)
  }

  /** Answers reads from the lease that a leader has by its own clock. */
  #withoutReads(inputs: readonly Input[], { status }: Voter): readonly Input[] {
    const { commit: index, configuration, role, term } = status
    const lease = this.#world.options.electionTimeoutMinMs
    const isNear = (id: VoterId) =>
      id === this.id || this.#localMs - (this.#contacts.get(id) ?? 0) < lease
    const isEstablished = this.mirror.termAt(index) === term
    if (role !== 'leader' || !isEstablished || !hasQuorum(configuration, isNear)) return inputs
    for (const input of inputs) {
      if (input.type !== 'read') continue
      this.#world.happened(this, { type: 'readReady', requestId: input.requestId, index })
    }
    return inputs.filter(({ type }) => type !== 'read')
  }

  #maybeDie(): void {
    const { faults, isHealed, isLastEffect } = this.#world
    if (isHealed()) return
    if (isLastEffect() || this.#random.chance(faults.effectCrashChance)) this.crash()
  }

  /** A vote is given only where no leader's lease stands against it. */
  #checkLease(input: Input, termBefore: number, effects: readonly Effect[]): void {
    if (input.type !== 'message') return
    const { message } = input
    if (message.type === 'requestVote' && !message.transfer) {
      const isGranted = effects.some(
        (effect) =>
          effect.type === 'send' && effect.message.type === 'vote' && effect.message.granted,
      )
      const { atMs, term } = this.#heard
      const lease = this.#world.options.electionTimeoutMinMs
      if (isGranted && term === termBefore && this.#localMs - atMs < lease) {
        violated(5, `${this.id} votes ${this.#localMs - atMs} ms after hearing a leader`)
      }
    }
    const isLeaders =
      message.type === 'append' || message.type === 'heartbeat' || message.type === 'snapshotChunk'
    if (isLeaders && message.term >= termBefore) {
      this.#heard = { atMs: this.#localMs, term: message.term, from: input.from }
    }
  }

  #carryOut(effect: Effect): void {
    const { checker } = this.#world
    switch (effect.type) {
      case 'persist':
        checker.persisted(this, effect)
        this.disk.submit({ type: 'persist', persist: effect })
        this.#useDisk()
        break
      case 'send':
        if (effect.after === undefined || this.#world.ignoresAfter) this.#say(effect)
        else this.#waiting.push(effect)
        break
      case 'apply':
        for (const entry of effect.entries) {
          this.#world.happened(this, { type: 'apply', entries: [entry] })
          checker.applied(this, entry)
        }
        return
      case 'restoreSnapshot': {
        const bytes = this.disk.readSnapshot(effect.snapshot)
        if (bytes === undefined) return violated(8, `${this.id} has no snapshot to restore`)
        this.machine.restore(bytes)
        checker.restored(this)
        break
      }
      case 'becameLeader':
        this.#contacts = new Map()
        checker.becameLeader(this, effect.term)
        break
      case 'sendSnapshotChunk':
        this.#sendChunk(effect)
        break
      case 'writeSnapshotChunk': {
        const { snapshot: descriptor, position, bytes, last } = effect
        this.disk.submit({ type: 'chunk', descriptor, position, bytes, last })
        this.#useDisk()
        break
      }
      case 'discardSnapshot':
        this.disk.discardIncoming()
        break
      case 'compactLog':
        this.mirror.compact(effect.throughIndex)
        this.disk.submit({ type: 'compact', throughIndex: effect.throughIndex })
        this.#useDisk()
        break
      default:
    }
    this.#world.happened(this, effect)
  }

  #say({ to, message }: Send): void {
    this.#world.checker.said(this, to, message)
    this.#world.send(this.id, to, message)
  }

  #sendChunk(effect: Extract<Effect, { type: 'sendSnapshotChunk' }>): void {
    const { to, term, snapshot, position, maxBytes } = effect
    const whole = this.disk.readSnapshot(snapshot)
    if (whole === undefined) {
      return this.give({ type: 'snapshotUnreadable', to, index: snapshot.index })
    }
    const bytes = whole.subarray(position, position + maxBytes)
    const checksum = crc32(bytes)
    this.#world.send(this.id, to, {
      type: 'snapshotChunk',
      term,
      snapshot,
      position,
      bytes,
      checksum,
    })
  }

  #useDisk(): void {
    if (this.#isDiskBusy || this.disk.pendingCount === 0) return
    this.#isDiskBusy = true
    const { faults, isHealed } = this.#world
    const isSlow = !isHealed() && this.#random.chance(faults.slowDiskChance)
    const maxMs = isSlow ? 1_000 : isHealed() ? 1 : faults.diskMaxMs
    const count = faults.groupsFlushes ? this.disk.pendingCount : 1
    this.#later(this.#random.between(0, maxMs), () => {
      this.#isDiskBusy = false
      for (let done = 0; done < count; done++) this.#completeOne()
      this.#useDisk()
    })
  }

  #completeOne(): void {
    const { operation, chunk } = this.disk.complete()
    switch (operation.type) {
      case 'persist': {
        const { token } = operation.persist
        const ready = this.#waiting.filter(({ after = 0 }) => after <= token)
        this.#waiting = this.#waiting.filter(({ after = 0 }) => after > token)
        for (const send of ready) this.#say(send)
        return this.give({ type: 'durable', token })
      }
      case 'snapshot':
        return this.give({ type: 'snapshotTaken', snapshot: operation.descriptor })
      case 'chunk': {
        const { receivedBytes = 0, intact = false } = chunk ?? {}
        const { descriptor: snapshot } = operation
        return this.give({ type: 'snapshotChunkWritten', snapshot, receivedBytes, intact })
      }
      case 'compact':
    }
  }

  #observe(before: Voter['status'], inputs: readonly Input[]): void {
    const { voter } = this
    if (voter === null) return
    const { checker } = this.#world
    const status = voter.status
    this.#ratchet.check(this.id, status)
    if (status.commit > before.commit) checker.committed(this, before.commit, status.commit)
    if (status.role !== 'leader') return
    if (status.commit > before.commit) {
      const position = { index: status.commit, term: this.mirror.termAt(status.commit) ?? 0 }
      const quorums = [before.configuration, status.configuration]
      const diskOf = (id: VoterId) => this.#world.diskOf(id)
      checker.committedDurably(this.id, position, quorums, diskOf)
    }
    this.#noteContacts(status, inputs)
    if (status.configurationIndex === before.configurationIndex) this.#checkContact(status, inputs)
  }

  #noteContacts({ configuration }: Voter['status'], inputs: readonly Input[]): void {
    const nowMs = this.#localMs
    for (const input of inputs) {
      if (input.type === 'message') this.#contacts.set(input.from, nowMs)
    }
    for (const id of configuration.voters) {
      if (!this.#contacts.has(id)) this.#contacts.set(id, nowMs)
    }
  }

  /** A leader that hears no quorum is none for long. */
  #checkContact(status: Voter['status'], inputs: readonly Input[]): void {
    const nowMs = this.#localMs
    const { voters } = status.configuration
    const isTicked = inputs.some(({ type }) => type === 'tick')
    if (!isTicked || !voters.includes(this.id)) return
    const limitMs = 1.5 * this.#world.options.electionTimeoutMaxMs
    const near = voters.filter(
      (id) => id === this.id || nowMs - (this.#contacts.get(id) ?? nowMs) <= limitMs,
    )
    if (near.length <= Math.floor(voters.length / 2)) {
      violated(5, `${this.id} still leads, with no quorum heard for ${limitMs} ms`)
    }
  }

  #planTick(): void {
    if (this.voter === null) return
    const { events } = this.#world
    const dueMs = Math.min(50, Math.max(1, this.voter.nextDeadlineMs - this.#localMs))
    const atMs = events.nowMs + dueMs
    // One that is planned for about then will do.
    if (this.#tickPlannedMs >= events.nowMs && this.#tickPlannedMs <= atMs + 5) return
    this.#tickPlannedMs = atMs
    this.#later(dueMs + this.#random.between(0, 2), () => {
      if (this.#tickPlannedMs !== atMs) return
      this.#tickPlannedMs = Number.POSITIVE_INFINITY
      this.give({ type: 'tick' })
    })
  }

  #maybeSnapshot(): void {
    const { voter } = this
    const every = this.#world.faults.snapshotEveryEntries
    if (voter === null || every === 0) return
    if (this.machine.index < this.#lastSnapshotIndex + every) return
    const described = voter.describeSnapshot(this.machine.index)
    if (described === null) return
    this.#lastSnapshotIndex = this.machine.index
    const bytes = this.machine.snapshot(this.#random.integer(0, 2_000))
    const descriptor = { ...described, sizeBytes: bytes.length, checksum: crc32(bytes) }
    this.disk.prune(voter.snapshotsInUse)
    this.disk.submit({ type: 'snapshot', descriptor, bytes })
    this.#useDisk()
  }
}
