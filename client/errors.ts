// What the client throws. A SamsaError names Kafka's error and says whether trying again may help;
// the broker's hint of the leader is in it. Anything of the transport becomes one, too.

import { Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { Status } from '@samsa/proto/grpc/gen/status'
import { Failure, type Leader } from '@samsa/proto/grpc/gen/storage'

export interface SamsaErrorOptions extends ErrorOptions {
  readonly retriable?: boolean
  readonly leader?: Leader | null
  readonly isAmbiguous?: boolean
  readonly diverging?: { readonly leaderEpoch: number; readonly endOffset: number } | null
}

export class SamsaError extends Error {
  override readonly name = 'SamsaError'
  /** Kafka's name: 'NOT_LEADER_OR_FOLLOWER'; NETWORK_EXCEPTION where no answer came. */
  readonly code: string
  readonly retriable: boolean
  /** Who leads the partition, where the broker that answered does not. */
  readonly leader: Leader | null
  /** Whether what was asked for may have been done nevertheless. */
  readonly isAmbiguous: boolean
  /** Where the log parts from what was read before. */
  readonly diverging: { readonly leaderEpoch: number; readonly endOffset: number } | null

  constructor(code: string, message: string, options: SamsaErrorOptions = {}) {
    super(`${code}: ${message}`, options)
    this.code = code
    this.retriable = options.retriable ?? false
    this.leader = options.leader ?? null
    this.isAmbiguous = options.isAmbiguous ?? false
    this.diverging = options.diverging ?? null
  }
}

/** Errors after which the records may be in the log, or come to be. */
const ambiguousCodes: ReadonlySet<string> = new Set([
  'REQUEST_TIMED_OUT',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'KAFKA_STORAGE_ERROR',
  'UNKNOWN_SERVER_ERROR',
  // The leader may have resigned between the append and its acknowledgement.
  'NOT_LEADER_OR_FOLLOWER',
])

export function errorOfFailure(failure: Failure, cause?: unknown): SamsaError {
  const { name, message, retriable, leader, diverging } = failure
  const isAmbiguous = ambiguousCodes.has(name)
  return new SamsaError(name, message, { retriable, leader, diverging, isAmbiguous, cause })
}

/** Statuses of a transport that may work again, or of a broker that comes or goes. */
const passingStatuses: ReadonlySet<number> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.UNKNOWN,
  status.INTERNAL,
])

/** Whatever grpc-js rejects with or emits. */
export function errorOfCall(error: unknown): SamsaError {
  if (error instanceof SamsaError) return error
  const { code, details, metadata } = error as Partial<ServiceError>
  const failure = metadata instanceof Metadata ? failureIn(metadata) : null
  if (failure !== null) return errorOfFailure(failure, error)
  const text = details ?? (error instanceof Error ? error.message : String(error))
  const name = code === status.DEADLINE_EXCEEDED ? 'REQUEST_TIMED_OUT' : 'NETWORK_EXCEPTION'
  const retriable = code === undefined || passingStatuses.has(code)
  return new SamsaError(name, text, { retriable, isAmbiguous: true, cause: error })
}

function failureIn(metadata: Metadata): Failure | null {
  const [encoded] = metadata.get('grpc-status-details-bin')
  if (!Buffer.isBuffer(encoded)) return null
  try {
    const detail = Status.decode(encoded).details.find(({ typeUrl }) =>
      typeUrl.endsWith('/samsa.storage.v1.Failure'),
    )
    return detail === undefined ? null : Failure.decode(detail.value)
  } catch {
    // Another server's details say nothing to us.
    return null
  }
}
