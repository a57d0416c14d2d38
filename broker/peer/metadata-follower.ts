// This broker's copy of the metadata: follows one controller's stream, replays what is committed,
// and tells listeners. Owns the image. Moves to another controller when its stream breaks, or when
// that one is cut off from the quorum.

import type { MetadataListener } from '@samsa/controller/controller'
import { MetadataRecordError } from '@samsa/controller/errors'
import type { MetadataDelta, MetadataImage } from '@samsa/controller/image'
import { diffImages } from '@samsa/controller/image/delta'
import { emptyImage, MetadataDraft } from '@samsa/controller/image/draft'
import { imageOfSnapshot } from '@samsa/controller/image/snapshot'
import { decodeRecord } from '@samsa/controller/records/record'
import { replay } from '@samsa/controller/replay'
import type {
  MetadataBatch,
  MetadataUpdate,
  QuorumLeader,
  SnapshotPart,
} from '@samsa/proto/grpc/gen/controller'
import type { Clock, Timers } from '../clock.ts'
import { type Address, type ControllerAddresses, textOf } from './controller-addresses.ts'
import type { MetadataStream } from './controller-caller.ts'
import type { PeerEvents } from './peer-events.ts'

export interface KnownLeader {
  /** -1 while none is known. */
  readonly nodeId: number
  readonly epoch: number
  readonly address: Address | null
}

export interface MetadataFollowerOptions {
  readonly nodeId: number
  readonly addresses: ControllerAddresses
  readonly clock: Clock
  readonly timers: Timers
  readonly events: PeerEvents
  /** The metadata cannot be understood: the node must not serve by it. */
  readonly onFault: (error: Error) => void
}

const backoffMinMs = 20
const backoffMaxMs = 500
/** So long a controller may know of no leader, or stay behind, before another one is followed. */
const cutOffMs = 1_000
/**
 * A controller says something four times a second: one that is silent for so long stands still.
 * Another node's is left sooner, before the next active controller could miss this broker.
 */
const silenceMaxMs = 1_250
const silenceAwayMaxMs = 700
const checkMs = 100
/**
 * After so long with another controller, this node's own one is given another chance. At a start
 * many are away for a moment; who follows a controller that freezes hears of the next one late.
 */
const returnMs = 2_000

export class MetadataFollower {
  readonly #options: MetadataFollowerOptions
  readonly #listeners = new Set<MetadataListener>()
  readonly #leaderListeners = new Set<() => void>()
  #image: MetadataImage = emptyImage
  /** With the address that a controller gave for it. */
  #leader: KnownLeader = { nodeId: -1, epoch: -1, address: null }
  #stream: MetadataStream | null = null
  #following: Address | null = null
  /** Records of a snapshot whose last part has yet to come. */
  #parts: Buffer[] = []
  #committedOffset = Number.POSITIVE_INFINITY
  /** Which of the known addresses is followed. */
  #turn = 0
  #failures = 0
  #retry: { cancel(): void } | null = null
  #cutOff: { cancel(): void } | null = null
  #check: { cancel(): void } | null = null
  #followedSinceMs = 0
  #lastUpdateMs = 0
  #closed = false

  constructor(options: MetadataFollowerOptions) {
    this.#options = options
  }

  image(): MetadataImage {
    return this.#image
  }

  leader(): KnownLeader {
    const { nodeId, epoch, address } = this.#leader
    return { nodeId, epoch, address: this.#options.addresses.of(nodeId, this.#image) ?? address }
  }

  subscribe(listener: MetadataListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Called when another leader is known, or none. */
  onLeader(listener: () => void): () => void {
    this.#leaderListeners.add(listener)
    return () => this.#leaderListeners.delete(listener)
  }

  /** What keeps this broker from knowing all that is committed; null when nothing does. */
  notCaughtUp(): string | null {
    if (this.#stream === null) return 'no controller can be reached'
    if (this.#image.clusterId === '') return 'the controller quorum has not formed'
    if (this.#leader.nodeId === -1) return 'the controller quorum has no leader'
    if (this.#image.offset < this.#committedOffset) return 'the metadata is being loaded'
    return null
  }

  start(): void {
    this.#connect()
    this.#scheduleCheck()
  }

  #scheduleCheck(): void {
    const { timers, clock } = this.#options
    this.#check = timers.schedule(checkMs, () => {
      const nowMs = clock.monotonicMs()
      const isAway = this.#turn > 0
      const silenceMs = isAway ? silenceAwayMaxMs : silenceMaxMs
      if (nowMs - this.#lastUpdateMs > silenceMs) {
        if (this.#following !== null) this.#options.addresses.renew(this.#following)
        this.#leave('it is silent')
      } else if (isAway && nowMs - this.#followedSinceMs > returnMs) this.#return()
      this.#scheduleCheck()
    })
  }

  close(): void {
    this.#closed = true
    this.#retry?.cancel()
    this.#cutOff?.cancel()
    this.#check?.cancel()
    this.#stream?.cancel()
    this.#stream = null
  }

  /** What a controller said of the leader in refusing a request. */
  hint(leader: QuorumLeader): void {
    // One that has just been elected, and is not ready yet, knows of none.
    if (leader.leaderId !== -1) this.#learnLeader(leader)
  }

  /** The active controller has committed so much; a controller that stays behind is cut off. */
  committed(offset: number): void {
    if (offset <= this.#image.offset) return this.#notCutOff()
    this.#maybeCutOff(() => this.#image.offset < offset)
  }

  #connect(): void {
    if (this.#closed) return
    const { addresses, nodeId } = this.#options
    const all = addresses.all(this.#image)
    // Its own controller, or the one that was followed, first; then one after the other.
    this.#turn = this.#failures % Math.max(1, all.length)
    const address = all[this.#turn]
    if (address === undefined) return this.#reconnect('no controller is known')
    this.#following = address
    this.#followedSinceMs = this.#options.clock.monotonicMs()
    this.#lastUpdateMs = this.#followedSinceMs
    const request = {
      clusterId: this.#image.clusterId,
      nodeId,
      nextOffset: this.#image.offset + 1,
    }
    const stream = addresses.caller(address).follow(request)
    this.#stream = stream
    this.#parts = []
    stream.on('data', (update: MetadataUpdate) => {
      if (stream === this.#stream) this.#take(update)
    })
    const ended = (reason: string) => {
      if (stream !== this.#stream) return
      this.#stream = null
      this.#failures++
      this.#reconnect(reason)
    }
    stream.on('error', (error) => ended(error.message))
    stream.on('end', () => ended('the stream ended'))
  }

  #reconnect(reason: string): void {
    if (this.#closed) return
    const rounds = Math.floor(this.#failures / Math.max(1, this.#addressCount()))
    const delayMs = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(rounds, 10))
    const controller = this.#following === null ? null : textOf(this.#following)
    this.#options.events.debug({ controller, reason, delayMs }, 'the metadata stream broke')
    this.#retry = this.#options.timers.schedule(delayMs, () => this.#connect())
  }

  #addressCount(): number {
    return this.#options.addresses.all(this.#image).length
  }

  #take(update: MetadataUpdate): void {
    this.#lastUpdateMs = this.#options.clock.monotonicMs()
    try {
      switch (update.update) {
        case 'leader':
          this.#committedOffset = update.leader.committedOffset
          return this.#learnLeader(update.leader)
        case 'snapshot':
          return this.#takePart(update.snapshot)
        case 'batch':
          return this.#takeBatch(update.batch)
        default:
          // A kind that a newer controller sends and this software has no use for.
          return undefined
      }
    } catch (error) {
      if (!(error instanceof MetadataRecordError)) throw error
      this.close()
      this.#options.onFault(error)
    }
  }

  #learnLeader({ leaderId, epoch, host, port }: QuorumLeader): void {
    if (epoch < this.#leader.epoch) return
    const address = host === '' ? null : { host, port }
    if (leaderId === -1) this.#maybeCutOff(() => this.#leader.nodeId === -1)
    else this.#notCutOff()
    const known = this.#leader
    this.#leader = { nodeId: leaderId, epoch, address }
    if (known.nodeId === leaderId && known.epoch === epoch) return
    if (this.#image.controllerId !== leaderId) {
      const { image, delta } = new MetadataDraft(this.#image).finish(this.#image.offset, leaderId)
      this.#publish(image, () => delta)
    }
    for (const listener of this.#leaderListeners) listener()
  }

  /** Follows another controller, unless by then there is no need to. */
  #maybeCutOff(isCutOff: () => boolean): void {
    if (this.#cutOff !== null || this.#closed) return
    this.#cutOff = this.#options.timers.schedule(cutOffMs, () => {
      this.#cutOff = null
      if (isCutOff()) this.#leave('it is cut off from the quorum')
    })
  }

  /** Follows another controller, if there is one. */
  #leave(reason: string): void {
    if (this.#stream === null || this.#addressCount() < 2) return
    const stream = this.#stream
    this.#stream = null
    stream.cancel()
    this.#failures = this.#turn + 1
    this.#reconnect(reason)
  }

  #return(): void {
    const stream = this.#stream
    this.#stream = null
    stream?.cancel()
    this.#failures = 0
    this.#connect()
  }

  #notCutOff(): void {
    this.#cutOff?.cancel()
    this.#cutOff = null
  }

  #takePart({ offset, records, isFirst, isLast }: SnapshotPart): void {
    if (isFirst) this.#parts = []
    for (const record of records) this.#parts.push(record)
    if (!isLast) return
    const image = imageOfSnapshot(this.#parts, offset, this.#leader.nodeId)
    this.#parts = []
    const before = this.#image
    this.#publish(image, () => diffImages(before, image))
  }

  #takeBatch({ baseOffset, records }: MetadataBatch): void {
    const { offset } = this.#image
    if (baseOffset > offset + 1) {
      throw new MetadataRecordError(`metadata goes on at ${baseOffset}, and is known to ${offset}`)
    }
    const news = records.slice(offset + 1 - baseOffset)
    if (news.length === 0) return
    const draft = new MetadataDraft(this.#image)
    for (const record of news) replay(draft, decodeRecord(record))
    const { image, delta } = draft.finish(offset + news.length, this.#leader.nodeId)
    this.#publish(image, () => delta)
  }

  #publish(image: MetadataImage, deltaOf: () => MetadataDelta): void {
    this.#failures = 0
    this.#image = image
    if (this.#listeners.size === 0) return
    const delta = deltaOf()
    for (const listener of this.#listeners) listener(image, delta)
  }
}
