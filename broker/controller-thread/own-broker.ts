// The broker of this process as its controller serves it: over a port between the two threads.
// Owns the calls that are open at the controller's end.

import type { MessagePort } from 'node:worker_threads'
import {
  CallRefused,
  type ControllerService,
  controllerServiceMethods,
} from '@samsa/controller/service/controller-service'
import { status } from '@samsa/proto/grpc/status-codes'
import {
  asBuffer,
  type CallFailure,
  type FromController,
  ownBytes,
  type ToController,
} from './call-messages.ts'

/** What a follower has not taken yet; as much again may be in the port's queue for a moment. */
const underWayBytesMax = 1024 * 1024

/** What of the service is called. */
export type CalledService = Pick<ControllerService, CalledMethods>
type CalledMethods = 'ask' | 'openSession' | 'follow'

interface OpenCall {
  take?(bytes: Buffer): void
  /** The broker has taken so much more. */
  taken?(byteCount: number): void
  /** Nothing more comes from the broker, or it has left. */
  ended(): void
}

const { ask, session, follow } = controllerServiceMethods

export class OwnBroker {
  readonly #port: MessagePort
  readonly #service: CalledService
  readonly #calls = new Map<number, OpenCall>()

  constructor(port: MessagePort, service: CalledService) {
    this.#port = port
    this.#service = service
    port.on('message', (message: ToController) => this.#take(message))
    port.on('close', () => this.#leaveAll())
  }

  /** Ends every call, as a server that closes does. */
  close(): void {
    for (const id of this.#calls.keys()) this.#end(id, null)
    this.#port.close()
  }

  #take(message: ToController): void {
    const { id } = message
    const call = this.#calls.get(id)
    switch (message.type) {
      case 'call':
        return this.#open(id, message)
      case 'message':
        return call?.take?.(asBuffer(message.bytes))
      case 'taken':
        return call?.taken?.(message.byteCount)
      case 'end':
        return this.#end(id, null)
      case 'cancel':
        this.#calls.delete(id)
        return call?.ended()
      default:
        return undefined
    }
  }

  #open(id: number, { method, bytes }: ToController & { type: 'call' }): void {
    switch (method) {
      case 'ask':
        return void this.#ask(id, asBuffer(bytes))
      case 'session':
        return this.#session(id)
      case 'follow':
        return this.#follow(id, asBuffer(bytes))
      default:
        return undefined
    }
  }

  async #ask(id: number, bytes: Buffer): Promise<void> {
    const answer = await this.#service.ask(ask.requestDeserialize(bytes))
    this.#send(id, ask.responseSerialize(answer))
  }

  #session(id: number): void {
    const stream = {
      send: (answer: Parameters<typeof session.responseSerialize>[0]) =>
        this.#send(id, session.responseSerialize(answer)),
      end: () => this.#end(id, null),
    }
    const opened = this.#service.openSession(stream, (error) => this.#end(id, failureOf(error)))
    this.#calls.set(id, {
      take: (bytes) => opened.take(session.requestDeserialize(bytes)),
      ended: opened.ended,
    })
  }

  #follow(id: number, bytes: Buffer): void {
    let underWayBytes = 0
    const send = (update: Buffer) => {
      underWayBytes += update.length
      this.#send(id, update)
      return underWayBytes < underWayBytesMax
    }
    try {
      const following = this.#service.follow(follow.requestDeserialize(bytes), send)
      this.#calls.set(id, {
        taken: (byteCount) => {
          const isBlocked = underWayBytes >= underWayBytesMax
          underWayBytes -= byteCount
          if (isBlocked && underWayBytes < underWayBytesMax) following.drained()
        },
        ended: () => following.stop(),
      })
    } catch (error) {
      this.#end(id, failureOf(error))
    }
  }

  #send(id: number, bytes: Uint8Array): void {
    this.#tell({ type: 'message', id, bytes: ownBytes(bytes) })
  }

  #end(id: number, failure: CallFailure | null): void {
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    this.#tell({ type: 'end', id, failure })
    call?.ended()
  }

  #tell(message: FromController): void {
    this.#port.postMessage(message)
  }

  #leaveAll(): void {
    for (const call of this.#calls.values()) call.ended()
    this.#calls.clear()
  }
}

function failureOf(error: unknown): CallFailure {
  if (error instanceof CallRefused) return { code: error.code, details: error.details }
  return { code: status.INTERNAL, details: error instanceof Error ? error.message : String(error) }
}
