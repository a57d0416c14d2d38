// The controller of this process as its broker calls it: over a port between the two threads, so
// that neither needs gRPC for the other. Owns the calls that are open at the broker's end.

import { EventEmitter } from 'node:events'
import type { MessagePort } from 'node:worker_threads'
import type { UnaryOptions } from '@samsa/proto/grpc/calls'
import {
  type AskAnswer,
  type AskRequestInit,
  Controller,
  type FollowRequestInit,
} from '@samsa/proto/grpc/gen/controller'
import type { Method } from '@samsa/proto/grpc/service'
import { status } from '@samsa/proto/grpc/status-codes'
import type {
  ControllerCaller,
  Conversation,
  MetadataStream,
  SessionStream,
} from '../peer/controller-caller.ts'
import {
  asBuffer,
  CallError,
  type CalledMethod,
  type CallFailure,
  type FromController,
  nothing,
  ownBytes,
  type ToController,
  threadEnded,
} from './call-messages.ts'

interface OpenCall {
  take(bytes: Buffer): void
  ended(failure: CallFailure | null): void
}

type Codecs<Sent, Received> = Pick<
  Method<Sent, never, never, Received>,
  'requestSerialize' | 'responseDeserialize'
>

interface Sending<Sent> {
  readonly write: (message: Sent) => void
  readonly end: () => void
  readonly cancel: () => void
}

class ThreadStream<Sent, Received> extends EventEmitter implements Conversation<Sent, Received> {
  readonly write: (message: Sent) => void
  readonly end: () => void
  readonly cancel: () => void

  constructor({ write, end, cancel }: Sending<Sent>) {
    super()
    this.write = write
    this.end = end
    this.cancel = cancel
    // Whoever has left a stream may not hear of its end.
    this.on('error', () => {})
  }
}

export class OwnController implements ControllerCaller {
  readonly #port: MessagePort
  readonly #calls = new Map<number, OpenCall>()
  #lastId = 0
  #hasEnded = false

  constructor(port: MessagePort) {
    this.#port = port
    port.on('message', (message: FromController) => this.#take(message))
    port.on('close', () => this.#portClosed())
    // The thread itself keeps the process alive, for as long as there is one.
    port.unref()
  }

  ready(): Promise<void> {
    return this.#hasEnded ? Promise.reject(new CallError(threadEnded)) : Promise.resolve()
  }

  ask(request: AskRequestInit, { timeoutMs, signal }: UnaryOptions): Promise<AskAnswer> {
    const { requestSerialize, responseDeserialize } = Controller.ask
    return new Promise((resolve, reject) => {
      const fail = (code: number, details: string) => {
        end()
        reject(new CallError({ code, details }))
      }
      const cancel = () => fail(status.CANCELLED, 'the call was cancelled')
      const late = () => fail(status.DEADLINE_EXCEEDED, `no answer within ${timeoutMs} ms`)
      const timer = setTimeout(late, timeoutMs)
      const id = this.#open('ask', requestSerialize(request), {
        take: (bytes) => {
          end()
          resolve(responseDeserialize(bytes))
        },
        ended: (failure) => fail(failure?.code ?? status.UNKNOWN, failure?.details ?? 'no answer'),
      })
      const end = () => {
        this.#calls.delete(id)
        clearTimeout(timer)
        signal?.removeEventListener('abort', cancel)
      }
      if (signal?.aborted === true) cancel()
      else signal?.addEventListener('abort', cancel, { once: true })
    })
  }

  session(): SessionStream {
    return this.#stream('session', nothing, Controller.session)
  }

  follow(request: FollowRequestInit): MetadataStream {
    return this.#stream('follow', Controller.follow.requestSerialize(request), Controller.follow)
  }

  close(): void {
    this.#port.close()
  }

  #stream<Sent, Received>(
    method: CalledMethod,
    request: Uint8Array,
    { requestSerialize, responseDeserialize }: Codecs<Sent, Received>,
  ): Conversation<Sent, Received> {
    const stream = new ThreadStream<Sent, Received>({
      write: (message) =>
        this.#tell({ type: 'message', id, bytes: ownBytes(requestSerialize(message)) }),
      end: () => this.#tell({ type: 'end', id }),
      cancel: () => {
        this.#calls.delete(id)
        this.#tell({ type: 'cancel', id })
      },
    })
    const id = this.#open(method, request, {
      take: (bytes) => {
        stream.emit('data', responseDeserialize(bytes))
        if (method === 'follow') this.#tell({ type: 'taken', id, byteCount: bytes.length })
      },
      ended: (failure) => {
        stream.emit('status')
        if (failure === null) stream.emit('end')
        else stream.emit('error', new CallError(failure))
      },
    })
    return stream
  }

  #open(method: CalledMethod, request: Uint8Array, call: OpenCall): number {
    const id = ++this.#lastId
    this.#calls.set(id, call)
    // It may not end before whoever opens it has listened.
    if (this.#hasEnded) setImmediate(() => this.#end(id, threadEnded))
    else this.#tell({ type: 'call', id, method, bytes: ownBytes(request) })
    return id
  }

  #tell(message: ToController): void {
    if (!this.#hasEnded) this.#port.postMessage(message)
  }

  #take(message: FromController): void {
    if (message.type === 'end') this.#end(message.id, message.failure)
    else this.#calls.get(message.id)?.take(asBuffer(message.bytes))
  }

  #end(id: number, failure: CallFailure | null): void {
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    call?.ended(failure)
  }

  #portClosed(): void {
    this.#hasEnded = true
    for (const id of this.#calls.keys()) this.#end(id, threadEnded)
  }
}
