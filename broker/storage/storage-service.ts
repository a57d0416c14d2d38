// The storage API as a gRPC service: reads requests safely, runs them, and tells failures. What it
// does is in the files beside it. Owns the calls that are open, so that a broker that stops can end
// them.

import type {
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'
import type { NodeCredentials } from '@samsa/proto/grpc/credentials'
import {
  type AppendResponseInit,
  type DescribeTopicsRequest,
  type DescribeTopicsResponseInit,
  DescribeTopicsRequest as describeTopicsCodec,
  type FetchCommittedOffsetsRequest,
  type FetchCommittedOffsetsResponseInit,
  FetchCommittedOffsetsRequest as fetchCommittedOffsetsCodec,
  type InitProducerResponseInit,
  type ListOffsetsRequest,
  type ListOffsetsResponseInit,
  ListOffsetsRequest as listOffsetsCodec,
  type ReadRequest,
  ReadRequest as readCodec,
  Storage,
} from '@samsa/proto/grpc/gen/storage'
import type { Services } from '../services.ts'
import { YoungMemory } from '../young-memory.ts'
import { type AppendMessage, decodeAppend, decodeStreamAppends } from './append-decoding.ts'
import { type AppendCall, AppendStream } from './append-stream.ts'
import { Appender } from './appender.ts'
import { ByteBudget } from './byte-budget.ts'
import { fetchCommittedOffsets } from './committed-offsets.ts'
import { describeTopics } from './describe-topics.ts'
import { StorageError, statusOf } from './failure.ts'
import { appendBytesMax, readersMax, responseBytesMin, responsesBytesMax } from './limits.ts'
import { listOffsets } from './list-offsets.ts'
import { PeerStorage, passedOnKey } from './peer-storage.ts'
import { Reader } from './reader.ts'
import { decodeSafely, type Malformed, plainDecoder, wellFormed } from './request-decoding.ts'
import { encodeReadResponse, type OutgoingResponse } from './response-encoding.ts'

/** As grpc-js takes it: reading and writing of what is hot is our own. */
export const storageDefinition = {
  ...Storage,
  append: {
    ...Storage.append,
    requestDeserialize: (bytes: Buffer) => decodeSafely(() => decodeAppend(bytes)),
  },
  appendStream: {
    ...Storage.appendStream,
    requestDeserialize: (bytes: Buffer) => decodeSafely(() => decodeStreamAppends(bytes)),
  },
  read: {
    ...Storage.read,
    requestDeserialize: plainDecoder(readCodec),
    responseSerialize: encodeReadResponse,
  },
  listOffsets: { ...Storage.listOffsets, requestDeserialize: plainDecoder(listOffsetsCodec) },
  describeTopics: {
    ...Storage.describeTopics,
    requestDeserialize: plainDecoder(describeTopicsCodec),
  },
  fetchCommittedOffsets: {
    ...Storage.fetchCommittedOffsets,
    requestDeserialize: plainDecoder(fetchCommittedOffsetsCodec),
  },
}

type Unary<Request, Response> = (
  call: ServerUnaryCall<Request | Malformed, Response>,
  callback: sendUnaryData<Response>,
) => void
type ReadCall = ServerWritableStream<ReadRequest | Malformed, OutgoingResponse>

export interface StorageServiceOptions {
  readonly services: Services
  /** For questions to other brokers. */
  readonly credentials: NodeCredentials
  /** Told of what no caller is to blame for. */
  readonly onFault: (error: unknown) => void
}

export class StorageService {
  readonly #services: Services
  readonly #onFault: (error: unknown) => void
  readonly #appender: Appender
  readonly #appendBudget = new ByteBudget(appendBytesMax)
  readonly #memory = new YoungMemory()
  readonly #peers: PeerStorage
  readonly #appendStreams = new Set<AppendStream>()
  readonly #readers = new Map<ReadCall, AbortController>()
  #isClosed = false

  constructor({ services, credentials, onFault }: StorageServiceOptions) {
    this.#peers = new PeerStorage(credentials)
    this.#services = services
    this.#onFault = onFault
    this.#appender = new Appender(services)
  }

  /** For Server.addService, with `storageDefinition`. */
  handlers(): UntypedServiceImplementation {
    const append: Unary<AppendMessage, AppendResponseInit> = (call, callback) =>
      this.#answer(callback, () => this.#append(wellFormed(call.request)))
    const initProducer: Unary<unknown, InitProducerResponseInit> = (_, callback) =>
      this.#answer(callback, () => this.#initProducer())
    const list: Unary<ListOffsetsRequest, ListOffsetsResponseInit> = (call, callback) =>
      this.#answer(callback, () => listOffsets(this.#services, wellFormed(call.request)))
    const describe: Unary<DescribeTopicsRequest, DescribeTopicsResponseInit> = (call, callback) =>
      this.#answer(callback, async () => {
        return describeTopics(this.#services.metadata(), wellFormed(call.request))
      })
    const committed: Unary<FetchCommittedOffsetsRequest, FetchCommittedOffsetsResponseInit> = (
      call,
      callback,
    ) => this.#answer(callback, () => this.#committed(call))
    return {
      append,
      initProducer,
      listOffsets: list,
      describeTopics: describe,
      fetchCommittedOffsets: committed,
      appendStream: (call: AppendCall) => this.#appendStream(call),
      read: (call: ReadCall) => void this.#read(call),
    }
  }

  /** Ends the streams that are open with an error that sends their callers elsewhere. */
  close(): void {
    this.#isClosed = true
    const error = stopping()
    for (const stream of this.#appendStreams) stream.abort(error)
    for (const [call, left] of this.#readers) {
      left.abort()
      call.emit('error', statusOf(error))
    }
    this.#peers.close()
  }

  /** Answers with what comes of it, or with the failure. */
  #answer<Response>(callback: sendUnaryData<Response>, work: () => Promise<Response>): void {
    const run = async () => {
      if (this.#isClosed) throw stopping()
      return work()
    }
    run().then(
      (response) => callback(null, response),
      (error: unknown) => callback(this.#failed(error)),
    )
  }

  #failed(error: unknown): ReturnType<typeof statusOf> {
    const status = statusOf(error)
    if (status.details.startsWith('UNKNOWN_SERVER_ERROR')) this.#onFault(error)
    return status
  }

  #append(message: AppendMessage): Promise<AppendResponseInit> {
    this.#memory.shortLived((message.batch ?? message.records)?.length ?? 0)
    return this.#appender.append(message)
  }

  async #initProducer(): Promise<InitProducerResponseInit> {
    return { producerId: await this.#services.producerIds.next(), producerEpoch: 0 }
  }

  async #committed(
    call: ServerUnaryCall<
      FetchCommittedOffsetsRequest | Malformed,
      FetchCommittedOffsetsResponseInit
    >,
  ): Promise<FetchCommittedOffsetsResponseInit> {
    const { clientHost, left } = callerOf(call)
    const isPeer = call.metadata.get(passedOnKey).length > 0
    const caller = { clientHost, signal: left.signal, isPeer }
    const request = wellFormed(call.request)
    return { offsets: await this.#fetchCommitted(request, caller) }
  }

  #fetchCommitted(
    request: FetchCommittedOffsetsRequest,
    caller: Parameters<typeof fetchCommittedOffsets>[2],
  ) {
    const askPeer = this.#peers.fetchCommittedOffsets
    return fetchCommittedOffsets({ services: this.#services, askPeer }, request, caller)
  }

  #appendStream(call: AppendCall): void {
    const stream = new AppendStream(call, {
      appender: this.#appender,
      budget: this.#appendBudget,
      memory: this.#memory,
    })
    if (this.#isClosed) return stream.abort(stopping())
    this.#appendStreams.add(stream)
    call.once('close', () => this.#appendStreams.delete(stream))
    call.once('cancelled', () => this.#appendStreams.delete(stream))
  }

  async #read(call: ReadCall): Promise<void> {
    const { clientHost, left } = callerOf(call)
    const { signal } = left
    const caller = { clientHost, signal, isPeer: false }
    try {
      if (this.#isClosed) throw stopping()
      if (this.#readers.size >= readersMax) {
        throw new StorageError('THROTTLING_QUOTA_EXCEEDED', `${readersMax} are reading already`)
      }
      this.#readers.set(call, left)
      const reader = new Reader({
        services: this.#services,
        request: wellFormed(call.request),
        signal,
        send: (response) => send(call, response, signal),
        // A reader holds two responses.
        shareBytes: () => Math.max(responseBytesMin, responsesBytesMax / 2 / this.#readers.size),
        committedOffset: async (groupId, { topic, index }) => {
          const partitions = [{ topic, partition: index }]
          const [found] = await this.#fetchCommitted({ groupId, partitions }, caller)
          return found?.offset ?? -1
        },
      })
      await reader.run()
      if (!signal.aborted) call.end()
    } catch (error) {
      // Whoever has left, or was told already that the broker stops, gets no other status.
      if (!signal.aborted) call.emit('error', this.#failed(error))
    } finally {
      this.#readers.delete(call)
    }
  }
}

function stopping(): StorageError {
  return new StorageError('LEADER_NOT_AVAILABLE', 'this broker is stopping')
}

/** Who asks, and what says when it has left. */
function callerOf(call: {
  getPeer(): string
  on(event: 'cancelled', listener: () => void): unknown
  readonly cancelled: boolean
}): { readonly clientHost: string; readonly left: AbortController } {
  const left = new AbortController()
  call.on('cancelled', () => left.abort())
  if (call.cancelled) left.abort()
  const peer = call.getPeer()
  return { clientHost: peer.slice(0, peer.lastIndexOf(':')), left }
}

/** Resolves when the transport has taken it: not before the reader has made room. */
function send(call: ReadCall, response: OutgoingResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener('abort', done)
      resolve()
    }
    // A call that was cancelled answers no write.
    signal.addEventListener('abort', done, { once: true })
    if (signal.aborted) return done()
    call.write(response, done)
  })
}
