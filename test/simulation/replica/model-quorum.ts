// The metadata log of the controllers, without the consensus under it: one log, of which the leader
// of the latest epoch appends; what it had not committed when another was elected is committed or
// lost. Every controller gets the log in order and late. Keeps all images, for the brokers that
// follow and for the checker.

import type { MetadataDelta, MetadataImage } from '@samsa/controller/image'
import { emptyImage, MetadataDraft } from '@samsa/controller/image/draft'
import {
  type CommittedBatch,
  LostLeadershipError,
  type MetadataLog,
  type MetadataLogListener,
  NotLeaderError,
  type QuorumLeader,
  type QuorumStatus,
} from '@samsa/controller/metadata-log'
import { decodeRecord, type MetadataRecord } from '@samsa/controller/records/record'
import { replay } from '@samsa/controller/replay'
import type { EventQueue } from '../shared/event-queue.ts'
import type { Random } from '../shared/random.ts'
import type { SimulatedProcess } from '../shared/simulated-process.ts'

/** One step of the cluster's metadata, as brokers come to see it. */
export interface MetadataStep {
  readonly image: MetadataImage
  readonly delta: MetadataDelta
  readonly records: readonly MetadataRecord[]
}

interface Pending {
  readonly epoch: number
  readonly records: readonly Buffer[]
  readonly settled: PromiseWithResolvers<number>
}

/** What a node gets of the log, in order. */
type Feed = { readonly batch: CommittedBatch; readonly pending: Pending } | QuorumLeader

export interface QuorumWorld {
  readonly events: EventQueue
  readonly random: Random
  readonly delayMaxMs: () => number
  /** Called for each step, before anyone else hears of it. */
  readonly onStep: (step: MetadataStep, before: MetadataImage) => void
}

export class ModelQuorum {
  readonly steps: MetadataStep[] = []
  readonly #world: QuorumWorld
  readonly #nodes = new Map<number, ModelMetadataLog>()
  readonly #feed: Feed[] = []
  #pending: Pending[] = []
  #leader: QuorumLeader = { leaderId: -1, epoch: 0 }
  #image: MetadataImage = emptyImage
  #commitMs = 0

  constructor(world: QuorumWorld) {
    this.#world = world
  }

  get image(): MetadataImage {
    return this.#image
  }

  get leader(): QuorumLeader {
    return this.#leader
  }

  get feed(): readonly Feed[] {
    return this.#feed
  }

  node(nodeId: number, process: SimulatedProcess): ModelMetadataLog {
    const node = new ModelMetadataLog(this, nodeId, process, this.#world)
    this.#nodes.set(nodeId, node)
    return node
  }

  append(nodeId: number, pending: Pending): void {
    const { events, random, delayMaxMs } = this.#world
    // Whoever was deposed and has not heard of it hears nothing of what it appends either.
    if (nodeId !== this.#leader.leaderId || pending.epoch !== this.#leader.epoch) return
    this.#pending.push(pending)
    this.#commitMs = Math.max(this.#commitMs, events.nowMs + random.between(0.2, delayMaxMs()))
    events.after(this.#commitMs - events.nowMs, () => {
      while (this.#pending.includes(pending)) this.#commitFirst()
    })
  }

  #commitFirst(): void {
    const pending = this.#pending.shift()
    if (pending === undefined) return
    const { epoch, records } = pending
    const baseOffset = this.#image.offset + 1
    this.#feed.push({ batch: { baseOffset, epoch, records }, pending })
    const draft = new MetadataDraft(this.#image)
    const decoded = records.map(decodeRecord)
    for (const record of decoded) replay(draft, record)
    this.#step(draft, baseOffset + records.length - 1, decoded)
  }

  #step(draft: MetadataDraft, offset: number, records: readonly MetadataRecord[]): void {
    const before = this.#image
    const step = { ...draft.finish(offset, this.#leader.leaderId), records }
    this.#image = step.image
    this.steps.push(step)
    this.#world.onStep(step, before)
    for (const node of this.#nodes.values()) node.wake()
  }

  /** Of what the leader so far had appended, the first `committedCount` batches made it. */
  elect(leaderId: number, committedCount: number): void {
    for (let count = 0; count < committedCount; count++) this.#commitFirst()
    this.#pending = []
    this.#leader = { leaderId, epoch: this.#leader.epoch + 1 }
    this.#feed.push(this.#leader)
    this.#step(new MetadataDraft(this.#image), this.#image.offset, [])
  }

  get pendingCount(): number {
    return this.#pending.length
  }
}

/** The log as one controller has it. */
export class ModelMetadataLog implements MetadataLog {
  readonly #quorum: ModelQuorum
  readonly #nodeId: number
  readonly #process: SimulatedProcess
  readonly #world: QuorumWorld
  readonly #mine = new Set<Pending>()
  #listener: MetadataLogListener | null = null
  #next = 0
  #isAwaiting = false
  #started: PromiseWithResolvers<void> | null = null
  /** Hears who leads after the controller has. */
  onLeader: (leader: QuorumLeader) => void = () => undefined

  constructor(quorum: ModelQuorum, nodeId: number, process: SimulatedProcess, world: QuorumWorld) {
    this.#quorum = quorum
    this.#nodeId = nodeId
    this.#process = process
    this.#world = world
  }

  start(listener: MetadataLogListener): Promise<void> {
    this.#listener = listener
    this.#started = Promise.withResolvers<void>()
    this.wake()
    return this.#started.promise
  }

  wake(): void {
    if (this.#isAwaiting || this.#listener === null) return
    if (this.#next >= this.#quorum.feed.length) return this.#started?.resolve()
    this.#isAwaiting = true
    const { random, delayMaxMs } = this.#world
    this.#process.after(random.between(0.1, delayMaxMs()), () => {
      this.#isAwaiting = false
      this.#take()
      this.wake()
    })
  }

  /** One at a time, or all that there is. */
  #take(): void {
    const { feed } = this.#quorum
    const end = this.#world.random.chance(0.5) ? feed.length : this.#next + 1
    for (const item of feed.slice(this.#next, end)) {
      this.#next++
      if ('batch' in item) this.#committed(item.batch, item.pending)
      else this.#led(item)
    }
  }

  #committed(batch: CommittedBatch, pending: Pending): void {
    this.#listener?.onCommit(batch)
    if (this.#mine.delete(pending)) {
      pending.settled.resolve(batch.baseOffset + batch.records.length - 1)
    }
  }

  #led(leader: QuorumLeader): void {
    this.#listener?.onLeaderChange(leader)
    for (const { settled } of this.#mine) settled.reject(new LostLeadershipError('deposed'))
    this.#mine.clear()
    this.onLeader(leader)
  }

  append(epoch: number, records: readonly Buffer[]): Promise<number> {
    const pending = { epoch, records, settled: Promise.withResolvers<number>() }
    this.#mine.add(pending)
    this.#quorum.append(this.#nodeId, pending)
    return pending.settled.promise
  }

  writeSnapshot(): Promise<void> {
    return Promise.resolve()
  }

  status(): QuorumStatus {
    return { ...this.#quorum.leader, highWatermark: 0, voters: [], observers: [] }
  }

  addVoter(): Promise<void> {
    return Promise.reject(new NotLeaderError('there is one set of voters'))
  }

  removeVoter(): Promise<void> {
    return this.addVoter()
  }

  transferLeadership(): Promise<void> {
    return this.addVoter()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
