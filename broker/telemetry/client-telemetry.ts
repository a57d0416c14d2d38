// Telemetry of clients (KIP-714): which metrics a client should push and how often, and what it
// pushed. Owns what is known of each client instance; knows nothing of requests and connections.

import type { MetadataImage } from '@samsa/controller/image'
import { compressionIds, compressionType, decompress } from '@samsa/proto/record/compression/codecs'
import { RecordError } from '@samsa/proto/record/record-error'
import { BrokerError } from '../errors.ts'
import { randomUuid } from '../uuid.ts'
import { ClientInstance, type ClientTraits } from './client-instance.ts'
import { ClientSeries } from './client-series.ts'
import { instanceSilenceMsMin, instancesMax, sweepIntervalMs } from './limits.ts'
import { OtlpError, type PushedMetrics, readMetrics } from './otlp.ts'
import { Subscriptions } from './subscriptions.ts'

/** In the order of preference, as Kafka offers them: zstd, lz4, gzip, snappy. */
const acceptedCompressionTypes: readonly number[] = [
  compressionIds.zstd,
  compressionIds.lz4,
  compressionIds.gzip,
  compressionIds.snappy,
]

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'
/** Ids that are nobody's: no client is heard under them. */
const reservedIds: readonly string[] = [zeroId, 'AAAAAAAAAAAAAAAAAAAAAQ']
/** A push that is too large when it is unpacked is told from a damaged one up to here. */
const unpackedTimesMax = 16

export type Caller = Omit<ClientTraits, 'clientInstanceId'>

export interface Push {
  readonly clientInstanceId: string
  readonly subscriptionId: number
  readonly terminating: boolean
  readonly compressionType: number
  readonly metrics: Buffer
}

export interface ClientTelemetryOptions {
  readonly image: () => MetadataImage
  readonly monotonicMs: () => number
  /** `telemetry.max.bytes`: of a push, packed and unpacked. */
  readonly bytesMax: () => number
}

export class ClientTelemetry {
  readonly acceptedCompressionTypes = acceptedCompressionTypes
  readonly #options: ClientTelemetryOptions
  readonly #subscriptions = new Subscriptions()
  /** The one that was silent longest first. */
  readonly #instances = new Map<string, ClientInstance>()
  /** The last instance that each connection made. */
  readonly #byConnection = new Map<AbortSignal, string>()
  readonly #series = new ClientSeries()
  readonly #counts = { pushes: 0, throttled: 0, unknownSubscriptions: 0, unreadable: 0 }
  #sweptAtMs = Number.NEGATIVE_INFINITY

  constructor(options: ClientTelemetryOptions) {
    this.#options = options
  }

  /**
   * What the client should push; throws THROTTLING_QUOTA_EXCEEDED for one that asks too often.
   * `connection` aborts when the client is gone.
   */
  async subscribe(
    clientInstanceId: string,
    caller: Caller,
    connection: AbortSignal,
  ): Promise<ClientInstance> {
    await this.#subscriptions.refresh(this.#options.image())
    const nowMs = this.#options.monotonicMs()
    const id = clientInstanceId === zeroId ? randomUuid() : clientInstanceId
    const instance = this.#instance({ ...caller, clientInstanceId: id }, connection, nowMs)
    if (!instance.mayGet(nowMs)) this.#throttle()
    instance.lastError = 'none'
    return instance
  }

  /** Takes the metrics of a push; throws the BrokerError that the client is to hear. */
  async push(push: Push, caller: Caller, connection: AbortSignal): Promise<void> {
    const { clientInstanceId } = push
    if (reservedIds.includes(clientInstanceId)) {
      throw new BrokerError('INVALID_REQUEST', `${clientInstanceId} is the id of no client`)
    }
    await this.#subscriptions.refresh(this.#options.image())
    const nowMs = this.#options.monotonicMs()
    const instance = this.#instance({ ...caller, clientInstanceId }, connection, nowMs)
    try {
      this.#check(push, instance, nowMs)
      const pushed = push.metrics.length === 0 ? null : this.#read(push)
      // Kept on beyond the connection: what a client pushed last of all is to be read, too.
      if (pushed !== null) this.#series.record(instance.traits, pushed, instance.expiresAtMs)
      this.#counts.pushes++
      instance.lastError = 'none'
    } catch (error) {
      instance.lastError = askedAnew(error) ? 'asked-anew' : 'other'
      throw error
    } finally {
      instance.isTerminating = push.terminating
    }
  }

  /** Prometheus text. */
  text(): string {
    this.#sweep(this.#options.monotonicMs())
    const { pushes, throttled, unknownSubscriptions, unreadable } = this.#counts
    const own = [
      ['instances', 'gauge', this.#instances.size],
      ['series', 'gauge', this.#series.count],
      ['pushes_total', 'counter', pushes],
      ['throttled_total', 'counter', throttled],
      ['unknown_subscriptions_total', 'counter', unknownSubscriptions],
      ['unreadable_total', 'counter', unreadable],
      ['dropped_points_total', 'counter', this.#series.dropped],
    ]
    const lines = own.map(([name, type, value]) => {
      const full = `samsa_telemetry_${name}`
      return `# TYPE ${full} ${type}\n${full} ${value}\n`
    })
    return `${lines.join('')}${this.#series.text()}`
  }

  #check(push: Push, instance: ClientInstance, nowMs: number): void {
    if (instance.isTerminating) {
      throw new BrokerError('INVALID_REQUEST', 'the client has pushed for the last time before')
    }
    if (!instance.mayPush(nowMs) && !push.terminating) this.#throttle()
    if (push.subscriptionId !== instance.subscriptionId) {
      this.#counts.unknownSubscriptions++
      throw new BrokerError('UNKNOWN_SUBSCRIPTION_ID', 'the subscription of the client is another')
    }
    if (compressionType(push.compressionType) === undefined) {
      throw new BrokerError('UNSUPPORTED_COMPRESSION_TYPE', `no codec ${push.compressionType}`)
    }
    if (push.metrics.length > this.#options.bytesMax()) throw tooLarge()
  }

  #read({ compressionType: codec, metrics }: Push): PushedMetrics {
    try {
      return readMetrics(unpack(codec, metrics, this.#options.bytesMax()))
    } catch (error) {
      if (!(error instanceof OtlpError || error instanceof RecordError)) throw error
      this.#counts.unreadable++
      throw new BrokerError('INVALID_RECORD', 'the metrics cannot be read', { cause: error })
    }
  }

  #throttle(): never {
    this.#counts.throttled++
    throw new BrokerError('THROTTLING_QUOTA_EXCEEDED', 'the push interval is not over')
  }

  #instance(traits: ClientTraits, connection: AbortSignal, nowMs: number): ClientInstance {
    this.#sweep(nowMs)
    const id = traits.clientInstanceId
    const { version } = this.#subscriptions
    const known = this.#instances.get(id)
    const instance =
      known?.version === version ? known : this.#make(known?.traits ?? traits, connection)
    // Put at the end: the order of the map is that of the last requests.
    this.#instances.delete(id)
    this.#instances.set(id, instance)
    const silenceMs = Math.max(instanceSilenceMsMin, instance.subscription.pushIntervalMs * 3)
    instance.expiresAtMs = nowMs + silenceMs
    return instance
  }

  #make(traits: ClientTraits, connection: AbortSignal): ClientInstance {
    if (!this.#instances.has(traits.clientInstanceId) && this.#instances.size === instancesMax) {
      const [oldest = ''] = this.#instances.keys()
      this.#instances.delete(oldest)
    }
    if (!connection.aborted) {
      const isKnown = this.#byConnection.has(connection)
      this.#byConnection.set(connection, traits.clientInstanceId)
      if (!isKnown) connection.addEventListener('abort', () => this.#left(connection))
    }
    const subscription = this.#subscriptions.of(traits)
    return new ClientInstance(traits, subscription, this.#subscriptions.version)
  }

  #left(connection: AbortSignal): void {
    this.#instances.delete(this.#byConnection.get(connection) ?? '')
    this.#byConnection.delete(connection)
  }

  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptAtMs < sweepIntervalMs) return
    this.#sweptAtMs = nowMs
    this.#series.expire(nowMs)
    for (const [id, { expiresAtMs }] of this.#instances) {
      if (expiresAtMs <= nowMs) this.#instances.delete(id)
    }
  }
}

/** After these the client asks for its subscription again at once, and may. */
function askedAnew(error: unknown): boolean {
  return (
    error instanceof BrokerError &&
    (error.kafkaError === 'UNKNOWN_SUBSCRIPTION_ID' ||
      error.kafkaError === 'UNSUPPORTED_COMPRESSION_TYPE')
  )
}

function tooLarge(): BrokerError {
  return new BrokerError('TELEMETRY_TOO_LARGE', 'more than telemetry.max.bytes')
}

/** A client that is told of damage never pushes again, so a push that is only too large is not. */
function unpack(codec: number, packed: Buffer, bytesMax: number): Buffer {
  try {
    return decompress(codec, packed, bytesMax)
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
    decompress(codec, packed, bytesMax * unpackedTimesMax)
    throw tooLarge()
  }
}
