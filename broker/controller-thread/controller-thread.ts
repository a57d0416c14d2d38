// The main thread's handle on the controller's thread: starts it, hears of its faults, and stops it
// in order. The broker's calls to the controller go over a port of their own.

import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { PeerEvents } from '../peer/peer-events.ts'
import type {
  ControllerStatus,
  ControllerThreadData,
  ErrorDescription,
  FromControllerThread,
  ToControllerThread,
} from './messages.ts'

export class ControllerThreadError extends Error {
  override readonly name = 'ControllerThreadError'
  readonly code: string | undefined
  readonly address: string | undefined
  readonly port: number | undefined

  constructor({ message, stack, code, address, port }: ErrorDescription) {
    super(message)
    this.code = code
    this.address = address
    this.port = port
    // Where it happened, in the other thread.
    if (stack !== undefined) this.stack = stack
  }
}

export interface ControllerThreadOptions extends Omit<ControllerThreadData, 'settings' | 'calls'> {
  readonly config: BrokerConfig
  readonly events: PeerEvents
}

/**
 * A start leaves a lot of garbage, for which V8 would grow its young generation and keep it: 4 MB
 * of a node's idle memory (November 2026).
 */
const resourceLimits = { maxYoungGenerationSizeMb: 3 }
/** Longer than handing over leadership and ending calls may take together. */
const closeTimeoutMs = 5_000

/** Built, the thread is a file of its own beside the one that starts it. */
const entry = new URL(
  import.meta.url.endsWith('.ts') ? './worker.ts' : './controller-thread.js',
  import.meta.url,
)

export class ControllerThread {
  readonly #events: PeerEvents
  readonly #worker: Worker
  readonly #exited: Promise<void>
  #hasExited = false
  readonly #statusRequests = new Map<number, (status: ControllerStatus | null) => void>()
  #lastStatusId = 0
  #closing = false
  #listening: { resolve(port: number): void; reject(error: Error): void } | null = null
  #fail: (error: Error) => void = () => {}
  /** Resolves with the reason when the controller cannot go on. */
  readonly failed = new Promise<Error>((resolve) => {
    this.#fail = resolve
  })
  /** Where the broker of this process calls: for OwnController. */
  readonly calls: MessagePort
  /** Resolves with the port of its gRPC server once that is open. */
  readonly listening: Promise<number>

  constructor({ config, events, ...identity }: ControllerThreadOptions) {
    this.#events = events
    this.listening = new Promise((resolve, reject) => {
      this.#listening = { resolve, reject }
    })
    // Whoever awaits it is told; nobody else need be.
    this.listening.catch(() => {})
    const settings = config.values.layers.file
    const { port1, port2: calls } = new MessageChannel()
    this.calls = port1
    const workerData: ControllerThreadData = { settings, ...identity, calls }
    const transferList = [calls]
    const options = { name: 'controller', workerData, transferList, resourceLimits }
    this.#worker = new Worker(entry, options)
    this.#worker.on('message', (message: FromControllerThread) => this.#take(message))
    this.#worker.on('error', (error) => this.#failed(error as Error))
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        if (!this.#closing) this.#failed(new Error(`the controller's thread ended with ${code}`))
        this.#hasExited = true
        for (const answer of this.#statusRequests.values()) answer(null)
        resolve()
      })
    })
  }

  /** null when the thread has ended. */
  status(): Promise<ControllerStatus | null> {
    if (this.#hasExited) return Promise.resolve(null)
    const id = ++this.#lastStatusId
    return new Promise((resolve) => {
      this.#statusRequests.set(id, resolve)
      this.#tell({ type: 'status', id })
    })
  }

  /** Idempotent and bounded in time. */
  async close(): Promise<void> {
    if (!this.#closing) this.#tell({ type: 'close' })
    this.#closing = true
    const timer = setTimeout(() => {
      this.#events.error({}, "the controller's thread did not end in time and is stopped")
      void this.#worker.terminate()
    }, closeTimeoutMs)
    await this.#exited
    clearTimeout(timer)
  }

  #tell(message: ToControllerThread): void {
    this.#worker.postMessage(message)
  }

  #take(message: FromControllerThread): void {
    switch (message.type) {
      case 'listening':
        return this.#listening?.resolve(message.port)
      case 'failed':
        return this.#failed(new ControllerThreadError(message.reason))
      case 'log':
        return this.#events[message.level](message.fields, message.message)
      case 'status':
        this.#statusRequests.get(message.id)?.(message.status)
        this.#statusRequests.delete(message.id)
        return
      case 'closed':
        // Connections of its clients may linger; nothing depends on them.
        void this.#worker.terminate()
    }
  }

  #failed(error: Error): void {
    this.#listening?.reject(error)
    this.#fail(error)
  }
}
