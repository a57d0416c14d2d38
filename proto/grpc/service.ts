// From a generated service to what grpc-js takes: how the messages of a method become bytes and
// back. The bytes that a message is read from stay in use: its `bytes` fields are views of them.

/** What gen/ has for a message: how it is written, and how it is read. */
export interface Codec<Written, Read> {
  encode(message: Written): { finish(): Uint8Array }
  /** Throws when the bytes are no such message. */
  decode(bytes: Uint8Array): Read
}

/** A method: its messages as they are written, and as they are read. */
export interface Method<RequestInit, Request, ResponseInit, Response> {
  readonly path: string
  readonly originalName: string
  readonly requestStream: boolean
  readonly responseStream: boolean
  readonly requestSerialize: (message: RequestInit) => Buffer
  readonly requestDeserialize: (bytes: Buffer) => Request
  readonly responseSerialize: (message: ResponseInit) => Buffer
  readonly responseDeserialize: (bytes: Buffer) => Response
}

export function defineMethod<RequestInit, Request, ResponseInit, Response>(of: {
  readonly path: string
  readonly request: Codec<RequestInit, Request>
  readonly response: Codec<ResponseInit, Response>
  readonly requestStream: boolean
  readonly responseStream: boolean
}): Method<RequestInit, Request, ResponseInit, Response> {
  const { path, request, response, requestStream, responseStream } = of
  return {
    path,
    originalName: path.slice(path.lastIndexOf('/') + 1),
    requestStream,
    responseStream,
    requestSerialize: (message) => serialize(request, message),
    requestDeserialize: (bytes) => request.decode(bytes),
    responseSerialize: (message) => serialize(response, message),
    responseDeserialize: (bytes) => response.decode(bytes),
  }
}

/** In Node the writer's bytes are a Buffer already. */
function serialize<Written>(codec: Codec<Written, unknown>, message: Written): Buffer {
  return codec.encode(message).finish() as Buffer
}
