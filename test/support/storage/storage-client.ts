// The storage API called by hand, method by method: for tests of what the broker answers. It never
// retries and knows no cluster.

import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { callUnary, openBidiStream, openServerStream } from '@samsa/proto/grpc/calls'
import { Status } from '@samsa/proto/grpc/gen/status'
import {
  type AppendRequestInit,
  type AppendResult,
  type AppendStreamResponse,
  Failure,
  type ReadRequestInit,
  type ReadResponse,
  Storage,
} from '@samsa/proto/grpc/gen/storage'
import { channelOptions } from '@samsa/proto/grpc/options'
import type { Method } from '@samsa/proto/grpc/service'

const timeoutMs = 10_000

export class StorageClient {
  readonly client: Client

  constructor(port: number, flowControlWindowBytes = 1024 * 1024) {
    this.client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      ...channelOptions,
      'grpc-node.flow_control_window': flowControlWindowBytes,
    })
  }

  call<RequestInit, Request, ResponseInit, Response>(
    method: Method<RequestInit, Request, ResponseInit, Response>,
    request: RequestInit,
  ): Promise<Response> {
    return callUnary(this.client, method, request, { timeoutMs })
  }

  append(request: AppendRequestInit) {
    return this.call(Storage.append, request)
  }

  read(request: ReadRequestInit): ReadCall {
    return new ReadCall(openServerStream(this.client, Storage.read, request))
  }

  appendStream(): AppendCall {
    return new AppendCall(openBidiStream(this.client, Storage.appendStream))
  }

  close(): void {
    this.client.close()
  }
}

export class ReadCall {
  readonly stream: ReturnType<typeof openServerStream<never, never, never, ReadResponse>>

  constructor(stream: ReadCall['stream']) {
    this.stream = stream
  }

  /** Responses until `isEnough`, or the end of the stream; then the call is cancelled. */
  async take(isEnough: (responses: readonly ReadResponse[]) => boolean): Promise<ReadResponse[]> {
    const responses: ReadResponse[] = []
    for await (const response of this.stream) {
      responses.push(response as ReadResponse)
      if (isEnough(responses)) break
    }
    return responses
  }

  all(): Promise<ReadResponse[]> {
    return this.take(() => false)
  }
}

export class AppendCall {
  readonly stream: ReturnType<typeof openBidiStream<never, never, never, AppendStreamResponse>>
  readonly #waiting = new Map<number, (result: AppendResult) => void>()
  #nextId = 1

  constructor(stream: unknown) {
    this.stream = stream as AppendCall['stream']
    this.stream.on('data', ({ results }: AppendStreamResponse) => {
      for (const result of results) this.#waiting.get(result.id)?.(result)
    })
    // Whoever looks for the failure listens, too.
    this.stream.on('error', () => undefined)
  }

  append(append: AppendRequestInit): Promise<AppendResult> {
    const id = this.#nextId++
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.stream.write({ appends: [{ id, append }] } as never)
    })
  }
}

/** The failure that a call ended with: its status and what is in the details. */
export async function failureOf(
  call: Promise<unknown>,
): Promise<{ code: number; failure: Failure | undefined }> {
  const error: unknown = await call.then(
    () => {
      throw new Error('the call did not fail')
    },
    (reason: unknown) => reason,
  )
  const { code, metadata } = error as ServiceError
  const [encoded] = metadata instanceof Metadata ? metadata.get('grpc-status-details-bin') : []
  if (!Buffer.isBuffer(encoded)) return { code, failure: undefined }
  const [detail] = Status.decode(encoded).details
  return { code, failure: detail === undefined ? undefined : Failure.decode(detail.value) }
}
