// Made by `npm run gen` from proto/grpc/status.proto: change it there.
import type * as grpc from '@grpc/grpc-js'
import type { Codec, Method } from '../service.ts'

export type Status = {
  code: number
  message: string
  details: Detail[]
}
export interface StatusInit {
  readonly code?: number | null
  readonly message?: string | null
  readonly details?: readonly DetailInit[] | null
}
export const Status: Codec<StatusInit, Status>

export type Detail = {
  typeUrl: string
  value: Buffer
}
export interface DetailInit {
  readonly typeUrl?: string | null
  readonly value?: Uint8Array | null
}
export const Detail: Codec<DetailInit, Detail>
