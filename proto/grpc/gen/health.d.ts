// Made by `npm run gen` from proto/grpc/health.proto: change it there.
import type * as grpc from '@grpc/grpc-js'
import type { Codec, Method } from '../service.ts'

export const HealthCheckResponseServingStatus: {
  readonly UNKNOWN: 0
  readonly SERVING: 1
  readonly NOT_SERVING: 2
  readonly SERVICE_UNKNOWN: 3
}

export type HealthCheckRequest = {
  service: string
}
export interface HealthCheckRequestInit {
  readonly service?: string | null
}
export const HealthCheckRequest: Codec<HealthCheckRequestInit, HealthCheckRequest>

export type HealthCheckResponse = {
  status: number
}
export interface HealthCheckResponseInit {
  readonly status?: number | null
}
export const HealthCheckResponse: Codec<HealthCheckResponseInit, HealthCheckResponse>

export const Health: {
  readonly check: Method<HealthCheckRequestInit, HealthCheckRequest, HealthCheckResponseInit, HealthCheckResponse>
  readonly watch: Method<HealthCheckRequestInit, HealthCheckRequest, HealthCheckResponseInit, HealthCheckResponse>
}
export type HealthHandlers = {
  check: grpc.handleUnaryCall<HealthCheckRequest, HealthCheckResponseInit>
  watch: grpc.handleServerStreamingCall<HealthCheckRequest, HealthCheckResponseInit>
}
