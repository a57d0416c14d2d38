// The controller as a broker has it: the followed metadata, and requests to the active controller
// over gRPC. A request is tried again only where it certainly was not carried out, or may be
// carried out twice; what was decided is in image() before the answer is given.

import type { Controller, MetadataListener } from '@samsa/controller/controller'
import { ControllerError } from '@samsa/controller/errors'
import type { MetadataImage } from '@samsa/controller/image'
import {
  type ArgumentsOf,
  methods,
  type RemoteMethod,
  type ResultOf,
} from '@samsa/controller/remote/methods'
import { errorOf } from '@samsa/controller/service/refusal'
import type { AskAnswer } from '@samsa/proto/grpc/gen/controller'
import { status } from '@samsa/proto/grpc/status-codes'
import type { ControllerAddresses } from './controller-addresses.ts'
import {
  type KnownLeader,
  MetadataFollower,
  type MetadataFollowerOptions,
} from './metadata-follower.ts'

export interface ControllerClientOptions extends MetadataFollowerOptions {
  /** How long a request may take, with all that is tried. */
  readonly requestTimeoutMs: () => number
}

/** Between two tries where nothing tells that another one may go better. */
const retryMs = 50
/** One try: a controller that does not answer may have lost its quorum. */
const tryTimeoutMs = 5_000
/** A connection that takes longer is as good as refused. */
const connectTimeoutMs = 1_000

/** Asking twice does no harm, and gives the answer of the first time. */
const repeatable: ReadonlySet<RemoteMethod> = new Set<RemoteMethod>([
  'describeQuorum',
  'registerBroker',
  'registerController',
  'fenceBroker',
  'unfenceBroker',
  'beginControlledShutdown',
  'assignDirectories',
  'electLeaders',
  'allocateProducerIds',
])

type Try<T> =
  | { readonly type: 'answered'; readonly result: T }
  /** It was certainly not carried out, or may be carried out again. */
  | { readonly type: 'again'; readonly reason: string }

export class ControllerClient implements Controller {
  readonly #options: ControllerClientOptions
  readonly #addresses: ControllerAddresses
  readonly follower: MetadataFollower
  /** Rejects what waits when the node stops. */
  readonly #closing = new AbortController()

  constructor(options: ControllerClientOptions) {
    this.#options = options
    this.#addresses = options.addresses
    this.follower = new MetadataFollower(options)
  }

  readonly describeQuorum = this.#method('describeQuorum')
  readonly createTopics = this.#method('createTopics')
  readonly deleteTopics = this.#method('deleteTopics')
  readonly createPartitions = this.#method('createPartitions')
  readonly incrementalAlterConfigs = this.#method('incrementalAlterConfigs')
  readonly alterConfigs = this.#method('alterConfigs')
  readonly registerBroker = this.#method('registerBroker')
  readonly unregisterBroker = this.#method('unregisterBroker')
  readonly unfenceBroker = this.#method('unfenceBroker')
  readonly fenceBroker = this.#method('fenceBroker')
  readonly beginControlledShutdown = this.#method('beginControlledShutdown')
  readonly assignDirectories = this.#method('assignDirectories')
  readonly alterPartition = this.#method('alterPartition')
  readonly electLeaders = this.#method('electLeaders')
  readonly alterReassignments = this.#method('alterReassignments')
  readonly updateFeatures = this.#method('updateFeatures')
  readonly createAcls = this.#method('createAcls')
  readonly deleteAcls = this.#method('deleteAcls')
  readonly alterScramCredentials = this.#method('alterScramCredentials')
  readonly createDelegationToken = this.#method('createDelegationToken')
  readonly renewDelegationToken = this.#method('renewDelegationToken')
  readonly expireDelegationToken = this.#method('expireDelegationToken')
  readonly alterClientQuotas = this.#method('alterClientQuotas')
  readonly registerController = this.#method('registerController')
  readonly addVoter = this.#method('addVoter')
  readonly removeVoter = this.#method('removeVoter')
  readonly transferLeadership = this.#method('transferLeadership')
  readonly allocateProducerIds = this.#method('allocateProducerIds')

  /** Resolves once all that was committed before is known. Waits for a quorum as long as it takes. */
  async start(): Promise<void> {
    this.follower.start()
    await this.#until(() => this.follower.notCaughtUp() === null, Number.POSITIVE_INFINITY)
  }

  async close(): Promise<void> {
    this.#closing.abort(new ControllerError('NOT_CONTROLLER', 'The node is stopping.'))
    this.follower.close()
    this.#addresses.close()
  }

  image(): MetadataImage {
    return this.follower.image()
  }

  subscribe(listener: MetadataListener): () => void {
    return this.follower.subscribe(listener)
  }

  #method<M extends RemoteMethod>(name: M) {
    return (...args: ArgumentsOf<M>): Promise<ResultOf<M>> => this.#ask(name, args)
  }

  async #ask<M extends RemoteMethod>(name: M, args: ArgumentsOf<M>): Promise<ResultOf<M>> {
    const { clock, requestTimeoutMs } = this.#options
    const deadlineMs = clock.monotonicMs() + requestTimeoutMs()
    const codec = methods[name]
    const argumentBytes = codec.arguments.encode(args)
    let reason = 'no controller is known'
    while (clock.monotonicMs() < deadlineMs) {
      this.#closing.signal.throwIfAborted()
      const leader = this.follower.leader()
      if (leader.address !== null) {
        const tried = await this.#try(name, argumentBytes, leader, deadlineMs)
        if (tried.type === 'answered') return codec.result.decode(tried.result)
        reason = tried.reason
      }
      await this.#anotherLeader(leader, Math.min(deadlineMs, clock.monotonicMs() + retryMs))
    }
    throw new ControllerError('REQUEST_TIMED_OUT', `The controller did not answer: ${reason}.`)
  }

  async #try(
    name: RemoteMethod,
    args: Buffer,
    { address }: KnownLeader,
    deadlineMs: number,
  ): Promise<Try<Buffer>> {
    if (address === null) return { type: 'again', reason: 'no controller is known' }
    const caller = this.#addresses.caller(address)
    const leftMs = deadlineMs - this.#options.clock.monotonicMs()
    try {
      await caller.ready(Math.min(leftMs, connectTimeoutMs))
    } catch (error) {
      this.#addresses.renew(address)
      return { type: 'again', reason: messageOf(error) }
    }
    try {
      const timeoutMs = Math.max(1, Math.min(leftMs, tryTimeoutMs))
      const request = { method: name, arguments: args }
      const { signal } = this.#closing
      const answer = await caller.ask(request, { timeoutMs, signal })
      return await this.#taken(name, answer, deadlineMs)
    } catch (error) {
      if (error instanceof ControllerError) throw error
      return this.#failed(name, error)
    }
  }

  async #taken(name: RemoteMethod, answer: AskAnswer, deadlineMs: number): Promise<Try<Buffer>> {
    if (answer.answer === 'result') {
      await this.#until(() => this.image().offset >= answer.committedOffset, deadlineMs)
      return { type: 'answered', result: answer.result }
    }
    const { refusal } = answer
    if (refusal === null) throw new ControllerError('UNKNOWN_SERVER_ERROR', 'An empty answer.')
    const error = errorOf(refusal)
    if (error.kafkaError !== 'NOT_CONTROLLER') throw error
    if (refusal.leader !== null) this.follower.hint(refusal.leader)
    if (refusal.mayBeDone && !repeatable.has(name)) throw error
    return { type: 'again', reason: error.message }
  }

  /** The connection was there, so the request may have been carried out. */
  #failed(name: RemoteMethod, error: unknown): Try<Buffer> {
    const message = messageOf(error)
    if (repeatable.has(name)) return { type: 'again', reason: message }
    const isLate = (error as { readonly code?: number }).code === status.DEADLINE_EXCEEDED
    throw new ControllerError(
      isLate ? 'REQUEST_TIMED_OUT' : 'NETWORK_EXCEPTION',
      `The controller gave no answer, and may have done what it was asked for: ${message}.`,
      { cause: error },
    )
  }

  /** Waits until another leader is known than the one that was asked, or the time is up. */
  #anotherLeader(asked: KnownLeader, deadlineMs: number): Promise<void> {
    const isOther = () => {
      const { nodeId, epoch } = this.follower.leader()
      return nodeId !== -1 && (nodeId !== asked.nodeId || epoch !== asked.epoch)
    }
    return this.#until(isOther, deadlineMs)
  }

  /** Resolves when it is so, or the time is up. Rejects when the node stops. */
  #until(isSo: () => boolean, deadlineMs: number): Promise<void> {
    if (isSo()) return Promise.resolve()
    const { signal } = this.#closing
    const { timers, clock } = this.#options
    return new Promise((resolve, reject) => {
      const check = () => {
        if (isSo()) end(resolve)
      }
      const stopped = () => end(() => reject(signal.reason as Error))
      const subscriptions = [this.subscribe(check), this.follower.onLeader(check)]
      const leftMs = deadlineMs - clock.monotonicMs()
      const timer = Number.isFinite(leftMs) ? timers.schedule(leftMs, () => end(resolve)) : null
      const end = (settle: () => void) => {
        for (const unsubscribe of subscriptions) unsubscribe()
        timer?.cancel()
        signal.removeEventListener('abort', stopped)
        settle()
      }
      if (signal.aborted) stopped()
      else signal.addEventListener('abort', stopped, { once: true })
    })
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
