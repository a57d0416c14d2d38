// Calls of generated methods on a grpc-js client, with the types of their messages.

import type { CallOptions, Client, ClientDuplexStream, ClientReadableStream } from '@grpc/grpc-js'
import type { Method } from './service.ts'

export interface UnaryOptions {
  /** From now on; a call without an end could wait for a dead peer for ever. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** Rejects with grpc-js's ServiceError, whose `code` says what happened. */
export function callUnary<RequestInit, Request, ResponseInit, Response>(
  client: Client,
  method: Method<RequestInit, Request, ResponseInit, Response>,
  request: RequestInit,
  { timeoutMs, signal }: UnaryOptions,
): Promise<Response> {
  const { path, requestSerialize, responseDeserialize } = method
  return new Promise((resolve, reject) => {
    const call = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      { deadline: Date.now() + timeoutMs },
      (error, response) => {
        signal?.removeEventListener('abort', cancel)
        if (error !== null) reject(error)
        else if (response === undefined) reject(new Error(`${path} was answered with nothing`))
        else resolve(response)
      },
    )
    const cancel = () => call.cancel()
    if (signal?.aborted === true) cancel()
    else signal?.addEventListener('abort', cancel, { once: true })
  })
}

/** The stream ends with an 'error' event or with 'end'; 'status' comes before either. */
export function openBidiStream<RequestInit, Request, ResponseInit, Response>(
  client: Client,
  method: Method<RequestInit, Request, ResponseInit, Response>,
  options: CallOptions = {},
): ClientDuplexStream<RequestInit, Response> {
  const { path, requestSerialize, responseDeserialize } = method
  return client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, options)
}

export function openServerStream<RequestInit, Request, ResponseInit, Response>(
  client: Client,
  method: Method<RequestInit, Request, ResponseInit, Response>,
  request: RequestInit,
  options: CallOptions = {},
): ClientReadableStream<Response> {
  const { path, requestSerialize, responseDeserialize } = method
  return client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
    options,
  )
}
