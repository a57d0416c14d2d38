// grpc.health.v1: whether this node serves, as a whole or a service of it by name. NOT_SERVING
// while the node is not ready, and from the moment that it begins to stop.

import type {
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'
import {
  Health,
  HealthCheckRequest,
  type HealthCheckResponseInit,
  HealthCheckResponseServingStatus as Serving,
} from '@samsa/proto/grpc/gen/health'
import { status } from '@samsa/proto/grpc/status-codes'
import type { Timers } from '../clock.ts'
import { StorageError, statusOf } from './failure.ts'
import { watchersMax } from './limits.ts'
import { type Malformed, plainDecoder, wellFormed } from './request-decoding.ts'

export const healthDefinition = {
  check: { ...Health.check, requestDeserialize: plainDecoder(HealthCheckRequest) },
  watch: { ...Health.watch, requestDeserialize: plainDecoder(HealthCheckRequest) },
}

export interface HealthServiceOptions {
  /** Full names of the services that the server has. */
  readonly services: readonly string[]
  readonly isReady: () => boolean
  readonly timers: Timers
}

type Request = HealthCheckRequest | Malformed
type WatchCall = ServerWritableStream<Request, HealthCheckResponseInit>

/** How late a watcher may hear of a change. */
const watchIntervalMs = 200

export class HealthService {
  readonly #options: HealthServiceOptions
  readonly #known: ReadonlySet<string>
  readonly #watchers = new Map<WatchCall, { readonly service: string; status: number }>()
  #timer: { cancel(): void } | null = null
  #isClosed = false

  constructor(options: HealthServiceOptions) {
    this.#options = options
    this.#known = new Set(['', ...options.services])
  }

  /** For Server.addService, with `healthDefinition`. */
  handlers(): UntypedServiceImplementation {
    return {
      check: (
        call: ServerUnaryCall<Request, HealthCheckResponseInit>,
        callback: sendUnaryData<HealthCheckResponseInit>,
      ) => {
        try {
          const { service } = wellFormed(call.request)
          if (this.#known.has(service)) callback(null, { status: this.#statusOf(service) })
          else callback({ code: status.NOT_FOUND, details: 'there is no such service' })
        } catch (error) {
          callback(statusOf(error))
        }
      },
      watch: (call: WatchCall) => this.#watch(call),
    }
  }

  /** Tells every watcher that nothing is served any more, and ends. */
  close(): void {
    this.#isClosed = true
    this.#tell()
    this.#timer?.cancel()
    for (const call of this.#watchers.keys()) call.end()
    this.#watchers.clear()
  }

  #statusOf(service: string): number {
    if (!this.#known.has(service)) return Serving.SERVICE_UNKNOWN
    const isServing = !this.#isClosed && this.#options.isReady()
    return isServing ? Serving.SERVING : Serving.NOT_SERVING
  }

  #watch(call: WatchCall): void {
    try {
      const { service } = wellFormed(call.request)
      if (this.#watchers.size >= watchersMax) {
        throw new StorageError('THROTTLING_QUOTA_EXCEEDED', `${watchersMax} are watching already`)
      }
      const now = this.#statusOf(service)
      call.write({ status: now })
      if (this.#isClosed) return void call.end()
      this.#watchers.set(call, { service, status: now })
      call.on('cancelled', () => this.#watchers.delete(call))
      this.#timer ??= this.#schedule()
    } catch (error) {
      call.emit('error', statusOf(error))
    }
  }

  #schedule(): { cancel(): void } {
    return this.#options.timers.schedule(watchIntervalMs, () => {
      this.#tell()
      this.#timer = this.#watchers.size > 0 && !this.#isClosed ? this.#schedule() : null
    })
  }

  /** A watcher hears of changes only. */
  #tell(): void {
    for (const [call, watched] of this.#watchers) {
      const now = this.#statusOf(watched.service)
      if (now === watched.status) continue
      watched.status = now
      call.write({ status: now })
    }
  }
}
