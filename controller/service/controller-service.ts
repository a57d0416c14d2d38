// The gRPC service of a controller: thin handlers over the metadata feed, the broker sessions and
// the controller itself. Owns the streams; decides nothing.

import type { ServerDuplexStream } from '@grpc/grpc-js'
import {
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
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
import type { Controller } from '../controller.ts'
import { ControllerError } from '../errors.ts'
import { serveRemote } from '../remote/methods.ts'
import type { BrokerProcess } from '../sessions/events.ts'
import type { BrokerSessions, BrokerStream, ServiceEvents } from './broker-sessions.ts'
import type { MetadataFeed } from './metadata-feed.ts'
import { refusalOf } from './refusal.ts'

export interface ControllerServiceOptions {
  readonly controller: Controller
  readonly feed: MetadataFeed
  readonly sessions: BrokerSessions
  readonly leader: () => QuorumLeaderInit
  readonly events: ServiceEvents
}

/** Brokers are few; more streams than this are a mistake or an attack. */
const followersMax = 1_000

/** What is sent by Follow is encoded already, once for all followers. */
export const controllerServiceMethods = {
  ...ControllerMethods,
  follow: { ...ControllerMethods.follow, responseSerialize: (update: Buffer) => update },
}

export class ControllerService {
  readonly #options: ControllerServiceOptions

  constructor(options: ControllerServiceOptions) {
    this.#options = options
  }

  /** For Server.addService, with controllerServiceMethods. */
  handlers() {
    return {
      follow: (call: ServerWritableStream<FollowRequest, Buffer>) => this.#follow(call),
      session: (call: ServerDuplexStream<BrokerMessage, BrokerAnswerInit>) => this.#session(call),
      ask: (
        call: ServerUnaryCall<AskRequest, AskAnswerInit>,
        done: sendUnaryData<AskAnswerInit>,
      ) => {
        void this.#ask(call.request, done)
      },
    }
  }

  #follow(call: ServerWritableStream<FollowRequest, Buffer>): void {
    // A follower that goes away is its business; its stream ends by 'cancelled'.
    call.on('error', () => {})
    const { controller, feed } = this.#options
    const { clusterId, nextOffset } = call.request
    const own = controller.image().clusterId
    if (clusterId !== '' && own !== '' && clusterId !== own) {
      const details = `this controller is of cluster ${own}, not of ${clusterId}`
      return void call.emit('error', { code: status.FAILED_PRECONDITION, details })
    }
    if (feed.followerCount >= followersMax) {
      const details = `${followersMax} nodes follow this controller already`
      return void call.emit('error', { code: status.RESOURCE_EXHAUSTED, details })
    }
    const following = feed.follow(nextOffset, (update) => call.write(update))
    call.on('drain', () => following.drained())
    call.on('cancelled', () => following.stop())
    call.on('close', () => following.stop())
  }

  #session(call: ServerDuplexStream<BrokerMessage, BrokerAnswerInit>): void {
    const { sessions } = this.#options
    let isOpen = true
    const stream: BrokerStream = {
      send: (answer) => void (isOpen && call.write(answer)),
      end: () => void (isOpen && call.end()),
    }
    /** Null before the registration is through, and for a broker that was refused. */
    let session: BrokerProcess | null = null
    const ended = () => {
      isOpen = false
      if (session !== null) sessions.closed(session, stream)
      session = null
    }
    const register = async (message: BrokerMessage & { message: 'register' }) => {
      const opened = await sessions.register(stream, message.register)
      session = opened
      if (!isOpen) ended()
    }
    call.on('error', ended)
    call.on('cancelled', ended)
    call.on('close', ended)
    call.on('end', () => {
      ended()
      call.end()
    })
    call.on('data', (message: BrokerMessage) => {
      if (message.message === 'register') {
        register(message).catch((error: unknown) => this.#failed(call, error))
      } else if (message.message === 'heartbeat' && session !== null) {
        sessions.heartbeat(session, stream, message.heartbeat)
      }
    })
  }

  #failed(call: ServerDuplexStream<BrokerMessage, BrokerAnswerInit>, error: unknown): void {
    this.#options.events.error({ error }, 'a registration failed unexpectedly')
    call.emit('error', { code: status.INTERNAL, details: 'the registration failed' })
  }

  async #ask({ method, arguments: args }: AskRequest, done: sendUnaryData<AskAnswerInit>) {
    const { controller, leader, events } = this.#options
    try {
      const result = await serveRemote(controller, method, args)
      done(null, { result, committedOffset: controller.image().offset })
    } catch (error) {
      if (error instanceof ControllerError) {
        done(null, { refusal: refusalOf(error, leader()) })
        return
      }
      events.error({ method, error }, 'a request to the controller failed unexpectedly')
      const message = error instanceof Error ? error.message : String(error)
      const failure = new ControllerError('UNKNOWN_SERVER_ERROR', message)
      done(null, { refusal: { ...refusalOf(failure, {}), mayBeDone: true } })
    }
  }
}
