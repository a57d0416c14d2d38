// The controller's service between the two threads of a process: the same messages as by gRPC, as
// bytes, numbered by call. What is under way to a follower is bounded: it says what it has taken.

import { status } from '@samsa/proto/grpc/status-codes'

export type CalledMethod = 'ask' | 'session' | 'follow'

export type ToController =
  | {
      readonly type: 'call'
      readonly id: number
      readonly method: CalledMethod
      /** The request, where the method has one. */
      readonly bytes: Uint8Array
    }
  | { readonly type: 'message'; readonly id: number; readonly bytes: Uint8Array }
  /** Nothing more comes from the caller. */
  | { readonly type: 'end'; readonly id: number }
  /** The caller has left. */
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'taken'; readonly id: number; readonly byteCount: number }

export type FromController =
  | { readonly type: 'message'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly type: 'end'; readonly id: number; readonly failure: CallFailure | null }

export interface CallFailure {
  /** A gRPC status. */
  readonly code: number
  readonly details: string
}

export const nothing: Uint8Array = new Uint8Array(0)

/** For the other thread: a view of a pool would take the whole pool with it. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes)
}

/** As the codecs read them, without a copy. */
export function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

export class CallError extends Error {
  override readonly name = 'CallError'
  readonly code: number
  readonly details: string

  constructor({ code, details }: CallFailure) {
    super(details)
    this.code = code
    this.details = details
  }
}

export const threadEnded: CallFailure = {
  code: status.UNAVAILABLE,
  details: "the controller's thread has ended",
}
