// The service of a controller: thin doors to the metadata feed, the broker sessions and the
// controller itself, for gRPC and for the broker in the same process. Owns the streams; decides
// nothing.

import type {
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
} from '@grpc/grpc-js'
import {
  type AskAnswerInit,
  type AskRequest,
  type BrokerAnswerInit,
  type BrokerMessage,
  Controller as ControllerMethods,
  type FollowRequest,
  type QuorumLeaderInit,
} from '@samsa/proto/grpc/gen/controller'
import { type StatusCode, status } from '@samsa/proto/grpc/status-codes'
import type { Controller } from '../controller.ts'
import { ControllerError } from '../errors.ts'
import { serveRemote } from '../remote/methods.ts'
import type { BrokerProcess } from '../sessions/events.ts'
import type { BrokerSessions, BrokerStream, ServiceEvents } from './broker-sessions.ts'
import type { Following, MetadataFeed, SendUpdate } from './metadata-feed.ts'
import { refusalOf } from './refusal.ts'

export interface ControllerServiceOptions {
  readonly controller: Controller
  readonly feed: MetadataFeed
  readonly sessions: BrokerSessions
  readonly leader: () => QuorumLeaderInit
  readonly events: ServiceEvents
  /** Whether whoever calls may speak for that node. */
  readonly isNode: (call: { getPeer(): string }, nodeId: number) => boolean
}

/** Brokers are few; more streams than this are a mistake or an attack. */
const followersMax = 1_000

/** What is sent by Follow is encoded already, once for all followers. */
export const controllerServiceMethods = {
  ...ControllerMethods,
  follow: { ...ControllerMethods.follow, responseSerialize: (update: Buffer) => update },
}

/** The call fails, with a gRPC status. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused'
  readonly code: StatusCode
  readonly details: string

  constructor(code: StatusCode, details: string) {
    super(details)
    this.code = code
    this.details = details
  }
}

/** A broker's end of its session. */
export interface OpenSession {
  readonly take: (message: BrokerMessage) => void
  /** The broker, or what connected it, is gone. */
  readonly ended: () => void
}

type SessionCall = ServerDuplexStream<BrokerMessage, BrokerAnswerInit>

export class ControllerService {
  readonly #options: ControllerServiceOptions

  constructor(options: ControllerServiceOptions) {
    this.#options = options
  }

  /** Throws CallRefused. `send` answers with false while no more should come. */
  follow({ clusterId, nextOffset }: FollowRequest, send: SendUpdate): Following {
    const { controller, feed } = this.#options
    const own = controller.image().clusterId
    if (clusterId !== '' && own !== '' && clusterId !== own) {
      const details = `this controller is of cluster ${own}, not of ${clusterId}`
      throw new CallRefused(status.FAILED_PRECONDITION, details)
    }
    if (feed.followerCount >= followersMax) {
      const details = `${followersMax} nodes follow this controller already`
      throw new CallRefused(status.RESOURCE_EXHAUSTED, details)
    }
    return feed.follow(nextOffset, send)
  }

  /** `onFault`: the session cannot go on. */
  openSession(stream: BrokerStream, onFault: (error: CallRefused) => void): OpenSession {
    const { sessions, events } = this.#options
    let isOpen = true
    /** Null before the registration is through, and for a broker that was refused. */
    let session: BrokerProcess | null = null
    const guarded: BrokerStream = {
      send: (answer) => void (isOpen && stream.send(answer)),
      end: () => void (isOpen && stream.end()),
    }
    const ended = () => {
      isOpen = false
      if (session !== null) sessions.closed(session, guarded)
      session = null
    }
    const register = async (message: BrokerMessage & { message: 'register' }) => {
      const opened = await sessions.register(guarded, message.register)
      session = opened
      if (!isOpen) ended()
    }
    const take = (message: BrokerMessage) => {
      if (message.message === 'register') {
        register(message).catch((error: unknown) => {
          events.error({ error }, 'a registration failed unexpectedly')
          onFault(new CallRefused(status.INTERNAL, 'the registration failed'))
        })
      } else if (message.message === 'heartbeat' && session !== null) {
        sessions.heartbeat(session, guarded, message.heartbeat)
      }
    }
    return { take, ended }
  }

  /** Never rejects: what went wrong is in the answer. */
  async ask({ method, arguments: args }: AskRequest): Promise<AskAnswerInit> {
    const { controller, leader, events } = this.#options
    try {
      const result = await serveRemote(controller, method, args)
      return { result, committedOffset: controller.image().offset }
    } catch (error) {
      if (error instanceof ControllerError) return { refusal: refusalOf(error, leader()) }
      events.error({ method, error }, 'a request to the controller failed unexpectedly')
      const message = error instanceof Error ? error.message : String(error)
      const failure = new ControllerError('UNKNOWN_SERVER_ERROR', message)
      return { refusal: { ...refusalOf(failure, {}), mayBeDone: true } }
    }
  }

  /** For a gRPC server, with controllerServiceMethods. */
  handlers() {
    return {
      follow: (call: ServerWritableStream<FollowRequest, Buffer>) => this.#followCall(call),
      session: (call: SessionCall) => this.#sessionCall(call),
      ask: (
        { request }: ServerUnaryCall<AskRequest, AskAnswerInit>,
        done: sendUnaryData<AskAnswerInit>,
      ) => {
        void this.ask(request).then((answer) => done(null, answer))
      },
    }
  }

  #followCall(call: ServerWritableStream<FollowRequest, Buffer>): void {
    // A follower that goes away is its business; its stream ends by 'cancelled'.
    call.on('error', () => {})
    try {
      const following = this.follow(call.request, (update) => call.write(update))
      call.on('drain', () => following.drained())
      call.on('cancelled', () => following.stop())
      call.on('close', () => following.stop())
    } catch (error) {
      call.emit('error', error)
    }
  }

  #sessionCall(call: SessionCall): void {
    const stream: BrokerStream = {
      send: (answer) => void call.write(answer),
      end: () => void call.end(),
    }
    const session = this.openSession(stream, (error) => void call.emit('error', error))
    call.on('error', session.ended)
    call.on('cancelled', session.ended)
    call.on('close', session.ended)
    call.on('end', () => {
      session.ended()
      call.end()
    })
    call.on('data', (message: BrokerMessage) => {
      const refusal = this.#refusalOf(call, message)
      if (refusal === null) session.take(message)
      else call.emit('error', refusal)
    })
  }

  /** A broker registers itself, and no other. */
  #refusalOf(call: SessionCall, message: BrokerMessage): CallRefused | null {
    if (message.message !== 'register') return null
    const { brokerId } = message.register
    if (this.#options.isNode(call, brokerId)) return null
    const details = `your certificate is not that of node ${brokerId}`
    return new CallRefused(status.PERMISSION_DENIED, details)
  }
}
