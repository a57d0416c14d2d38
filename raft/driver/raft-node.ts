// Runs one voter: gathers what comes in, steps the core, and carries out its effects on a storage
// and a transport. Writes go one after the other, several to a sync; messages wait for theirs; what
// is committed reaches the listener in order. The first error of the disk, the listener or the core
// is the last thing that happens: nobody could vouch for more.

import { known } from '../core/assert.ts'
import { votersOf } from '../core/configuration.ts'
import type { Effect, Persist, PersistToken, Send } from '../core/effects.ts'
import type { Input } from '../core/inputs.ts'
import type { Message } from '../core/messages.ts'
import type { RaftOptions } from '../core/options.ts'
import type { VoterStatus } from '../core/status.ts'
import type {
  Configuration,
  Entry,
  LogIndex,
  SnapshotDescriptor,
  Term,
  VoterId,
} from '../core/types.ts'
import { Voter } from '../core/voter.ts'
import type { RaftClock } from './clock.ts'
import { isDiskFull } from './errors.ts'
import { type Committed, Requests } from './requests.ts'
import { StorageDamagedError } from './storage/whole-file.ts'
import type { OpenedStorage, RaftStorage } from './storage.ts'
import type { RaftTransport } from './transport.ts'

/** Called in log order, one at a time. What it throws ends the voter. */
export interface RaftListener {
  onApply(entries: readonly Entry[]): void
  /** Replaces everything applied so far. */
  onSnapshot(snapshot: SnapshotDescriptor, chunks: AsyncIterable<Buffer>): Promise<void>
  onConfiguration(index: LogIndex, configuration: Configuration): void
  onLeaderChange(term: Term, leader: VoterId | null): void
  /**
   * This voter leads, and all that was committed before has been applied: it may decide from now
   * on.
   */
  onLeaderReady(term: Term): void
  /** Files were damaged; the voter heals from its peers and votes when it has. */
  onDamage(what: string): void
  /** The disk is full: what must be written waits until there is room. Or there is again. */
  onDiskFull(isFull: boolean): void
  /** The voter has stopped. */
  onFault(error: Error): void
}

export interface RaftNodeSetup {
  readonly id: VoterId
  readonly options: RaftOptions
  /** The quorum of a new log; without voters for one that is to be added to a running quorum. */
  readonly bootstrap: Configuration
  readonly storage: RaftStorage
  /** What `storage.open()` has said, where somebody had to know it before there was a voter. */
  readonly opened?: OpenedStorage
  readonly transport: RaftTransport
  readonly clock: RaftClock
  readonly random: () => number
  readonly checksum: (bytes: Buffer) => number
  readonly listener: RaftListener
  /** Messages that may wait for a step; more are dropped, which Raft can bear and memory cannot. */
  readonly inboxMessagesMax: number
}

/** Between two attempts to write to a full disk. */
const roomCheckMs = 250

type Write = Persist | { readonly type: 'compactLog'; readonly throughIndex: LogIndex }
type State = 'new' | 'running' | 'stopped'

export class RaftNode {
  readonly #setup: RaftNodeSetup
  readonly #requests = new Requests()
  #state: State = 'new'
  #voter: Voter | null = null
  #inbox: Input[] = []
  #isTickDue = false
  #isStepPlanned = false
  #timer: { readonly dueMs: number; readonly cancel: () => void } | null = null
  #writes: Write[] = []
  #writing: Promise<void> | null = null
  #isDiskFull = false
  readonly #pauses = new Set<() => void>()
  #durableToken: PersistToken = 0
  #waiting: Send[] = []
  #jobs: (() => void | Promise<void>)[] = []
  #isDelivering = false
  #closed: Promise<void> | null = null

  constructor(setup: RaftNodeSetup) {
    this.#setup = setup
  }

  async start(): Promise<void> {
    const { id, options, bootstrap, storage, transport, clock, random, checksum } = this.#setup
    const { state, damage } = this.#setup.opened ?? (await storage.open())
    const restored = { ...state, bootstrap }
    const voter = new Voter({ id, options, restored, nowMs: clock.nowMs(), random, checksum })
    this.#refuseLonely(voter, state.damaged, damage)
    if (damage !== null) this.#setup.listener.onDamage(damage)
    this.#voter = voter
    this.#state = 'running'
    transport.start({
      receive: (from, message) => this.#receive(from, message),
      peerDown: (peer) => {
        if (this.#state === 'running') this.#ask({ type: 'peerDown', peer })
      },
    })
    this.#isTickDue = true
    this.#step()
  }

  /**
   * Others could tell a damaged voter what it has lost. Where there are none, somebody must look at
   * the files first.
   */
  #refuseLonely(voter: Voter, isDamaged: boolean, damage: string | null): void {
    const voters = votersOf(voter.status.configuration)
    const isLonely = voters.size === 1 && voters.has(voter.id)
    if (!isDamaged || !isLonely) return
    throw new StorageDamagedError(`the only voter cannot heal by itself: ${damage}`)
  }

  /** Resolves when the listener has been told all that has happened so far. */
  delivered(): Promise<void> {
    return new Promise((resolve) => this.#deliver(resolve))
  }

  get status(): VoterStatus {
    return known(this.#voter, 'a voter').status
  }

  /** Commits all of `data` or nothing, if this voter leads (in `term`, when that is given). */
  propose(data: readonly Buffer[], term?: Term): Promise<Committed> {
    return this.#requests.proposal((requestId) =>
      this.#ask({ type: 'propose', requestId, data, ...(term !== undefined && { term }) }),
    )
  }

  /**
   * An index; whoever reads after it is applied reads nothing stale. It is applied when this
   * resolves.
   */
  read(): Promise<LogIndex> {
    return this.#requests.read((requestId) => this.#ask({ type: 'read', requestId }))
  }

  /** Resolves when the quorum is the new one, and nothing is left of the change. */
  changeMembership(voters: readonly VoterId[], learners: readonly VoterId[]): Promise<void> {
    return this.#requests.change((requestId) =>
      this.#ask({ type: 'changeMembership', requestId, voters, learners }),
    )
  }

  /** Resolves when this voter does not lead any more. */
  transferLeadership(to?: VoterId): Promise<void> {
    return this.#requests.transfer(() =>
      this.#ask({ type: 'transferLeadership', ...(to !== undefined && { to }) }),
    )
  }

  /**
   * Keeps a snapshot of the state at `index`, which is applied, and frees what it makes
   * superfluous. False when there is no need for one: a later one is there.
   */
  async takeSnapshot(
    index: LogIndex,
    chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
  ): Promise<boolean> {
    const { storage } = this.#setup
    const point = this.#voter?.describeSnapshot(index) ?? null
    if (point === null || this.#state !== 'running') return false
    const snapshot = await storage.writeSnapshot(point, chunks)
    this.#ask({ type: 'snapshotTaken', snapshot })
    await storage.pruneSnapshots(this.#voter?.snapshotsInUse ?? [])
    return true
  }

  #ask(input: Input): void {
    if (this.#state !== 'running') {
      this.#requests.close()
      return
    }
    this.#inbox.push(input)
    this.#planStep()
  }

  #receive(from: VoterId, message: Message): void {
    if (this.#inbox.length >= this.#setup.inboxMessagesMax) return
    if (this.#state === 'running') this.#ask({ type: 'message', from, message })
  }

  #planStep(): void {
    if (this.#isStepPlanned) return
    this.#isStepPlanned = true
    this.#setup.clock.soon(() => this.#step())
  }

  #step(): void {
    this.#isStepPlanned = false
    if (this.#state !== 'running') return
    const inputs = this.#inbox
    this.#inbox = []
    // Time comes last: after a stall, what has gathered meanwhile says who is still there.
    if (this.#isTickDue) inputs.push({ type: 'tick' })
    this.#isTickDue = false
    try {
      const voter = known(this.#voter, 'a voter')
      for (const effect of voter.stepAll(this.#setup.clock.nowMs(), inputs)) this.#carryOut(effect)
      this.#setTimer(voter.nextDeadlineMs)
    } catch (error) {
      this.#fail(error)
    }
  }

  #setTimer(dueMs: number): void {
    const { clock } = this.#setup
    if (this.#state !== 'running' || dueMs === Number.POSITIVE_INFINITY) return
    // One that goes off too early finds nothing due and is set again.
    if (this.#timer !== null && this.#timer.dueMs <= dueMs) return
    this.#timer?.cancel()
    const cancel = clock.after(Math.max(0, dueMs - clock.nowMs()), () => {
      this.#timer = null
      const nextMs = known(this.#voter, 'a voter').nextDeadlineMs
      if (clock.nowMs() < nextMs) return this.#setTimer(nextMs)
      this.#isTickDue = true
      this.#planStep()
    })
    this.#timer = { dueMs, cancel }
  }

  #carryOut(effect: Effect): void {
    const { storage } = this.#setup
    switch (effect.type) {
      case 'persist':
      case 'compactLog':
        this.#writes.push(effect)
        this.#writing ??= this.#write()
        return
      case 'send':
        if ((effect.after ?? 0) > this.#durableToken) this.#waiting.push(effect)
        else this.#setup.transport.send(effect.to, effect.message)
        return
      case 'sendSnapshotChunk':
        return this.#background(this.#sendChunk(effect))
      case 'writeSnapshotChunk':
        return this.#background(this.#receiveChunk(effect))
      case 'discardSnapshot':
        return this.#background(storage.discardReceived())
      default:
        this.#deliver(() => this.#tell(effect))
    }
  }

  /** File work that nothing waits for; its failure is the voter's. */
  #background(work: Promise<void>): void {
    work.catch((error: unknown) => this.#fail(error))
  }

  async #sendChunk(effect: Extract<Effect, { type: 'sendSnapshotChunk' }>): Promise<void> {
    const { storage, transport, checksum } = this.#setup
    const { to, term, snapshot, position, maxBytes } = effect
    const bytes = await storage.readSnapshot(snapshot, position, maxBytes)
    if (this.#state !== 'running') return
    if (bytes === null) return this.#ask({ type: 'snapshotUnreadable', to, index: snapshot.index })
    const message = { type: 'snapshotChunk', term, snapshot, position, bytes } as const
    transport.send(to, { ...message, checksum: checksum(bytes) })
  }

  async #receiveChunk(effect: Extract<Effect, { type: 'writeSnapshotChunk' }>): Promise<void> {
    const { snapshot, position, bytes, last } = effect
    try {
      const written = await this.#setup.storage.receiveSnapshot(snapshot, position, bytes, last)
      this.#ask({ type: 'snapshotChunkWritten', snapshot, ...written })
    } catch (error) {
      if (!isDiskFull(error)) throw error
      await this.#pause(roomCheckMs)
      const receivedBytes = position + bytes.length
      this.#ask({ type: 'snapshotChunkWritten', snapshot, receivedBytes, intact: false })
    }
  }

  /** Carries out what waits to be written until nothing does. Never rejects. */
  async #write(): Promise<void> {
    const { storage } = this.#setup
    try {
      do {
        while (this.#writes.length > 0 && this.#state === 'running') await this.#writeGroup()
        if (this.#state === 'running') await storage.idle()
      } while (this.#writes.length > 0 && this.#state === 'running')
    } catch (error) {
      this.#fail(error)
    }
    this.#writing = null
  }

  async #writeGroup(): Promise<void> {
    const { storage } = this.#setup
    const [first] = this.#writes
    if (first?.type === 'compactLog') {
      this.#writes.shift()
      return storage.compact(first.throughIndex)
    }
    const end = this.#writes.findIndex(({ type }) => type !== 'persist')
    const group = this.#writes.splice(0, end < 0 ? this.#writes.length : end)
    const persists = group.filter((write) => write.type === 'persist')
    try {
      await storage.persist(persists)
    } catch (error) {
      if (!isDiskFull(error)) throw error
      this.#writes.unshift(...group)
      return this.#waitForRoom()
    }
    if (this.#isDiskFull) this.#setup.listener.onDiskFull(false)
    this.#isDiskFull = false
    this.#durable(known(persists.at(-1), 'a persist').token)
  }

  /** Nobody has been told that it was written, so it may be late. Another can lead meanwhile. */
  async #waitForRoom(): Promise<void> {
    if (!this.#isDiskFull) {
      this.#isDiskFull = true
      this.#setup.listener.onDiskFull(true)
      if (this.status.role === 'leader') this.#ask({ type: 'transferLeadership' })
    }
    await this.#pause(roomCheckMs)
  }

  /** Ends early when the voter stops. */
  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel()
        this.#pauses.delete(end)
        resolve()
      }
      const cancel = this.#setup.clock.after(delayMs, end)
      this.#pauses.add(end)
      if (this.#state !== 'running') end()
    })
  }

  #durable(token: PersistToken): void {
    if (this.#state !== 'running') return
    this.#durableToken = token
    const waiting = this.#waiting
    this.#waiting = []
    for (const send of waiting) {
      if ((send.after ?? 0) > token) this.#waiting.push(send)
      else this.#setup.transport.send(send.to, send.message)
    }
    this.#ask({ type: 'durable', token })
  }

  #deliver(job: () => void | Promise<void>): void {
    this.#jobs.push(job)
    if (!this.#isDelivering) void this.#drainJobs()
  }

  /** In order, and without a turn of the event loop between two that do not wait. Never rejects. */
  async #drainJobs(): Promise<void> {
    this.#isDelivering = true
    try {
      for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
        if (this.#state !== 'running') break
        const waits = job()
        if (waits !== undefined) await waits
      }
    } catch (error) {
      this.#fail(error)
    }
    this.#isDelivering = false
  }

  #tell(effect: Effect): void | Promise<void> {
    const { listener, storage } = this.#setup
    switch (effect.type) {
      case 'apply':
        listener.onApply(effect.entries)
        break
      case 'configurationApplied':
        listener.onConfiguration(effect.index, effect.configuration)
        break
      case 'leaderChanged':
        listener.onLeaderChange(effect.term, effect.leader)
        break
      case 'leaderReady':
        listener.onLeaderReady(effect.term)
        break
      case 'restoreSnapshot':
        this.#requests.happened(effect)
        return listener.onSnapshot(effect.snapshot, storage.snapshotChunks(effect.snapshot))
      default:
    }
    this.#requests.happened(effect)
    return undefined
  }

  #fail(cause: unknown): void {
    if (this.#state === 'stopped') return
    this.#stop()
    this.#setup.listener.onFault(cause instanceof Error ? cause : new Error(String(cause)))
  }

  #stop(): void {
    this.#state = 'stopped'
    this.#timer?.cancel()
    this.#inbox = []
    this.#waiting = []
    this.#jobs = []
    for (const end of this.#pauses) end()
    this.#requests.close()
  }

  /** Stops at once; what is being written is finished. Leadership is better handed over before. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const { transport, storage } = this.#setup
    const wasFaulty = this.#state === 'stopped'
    this.#stop()
    await this.#writing
    await transport.close()
    // A disk that has failed is not asked for more.
    if (!wasFaulty) await storage.close()
  }
}
