// What can go wrong with the API server, as types that callers can act on.

/** The API server answered, and the answer is no. */
export class KubeError extends Error {
  override readonly name = 'KubeError'
  readonly status: number
  /** Kubernetes' word for it: NotFound, Conflict, AlreadyExists, Invalid, Forbidden, Expired… */
  readonly reason: string
  readonly retryAfterMs: number | null

  constructor(status: number, reason: string, message: string, retryAfterMs: number | null = null) {
    super(message)
    this.status = status
    this.reason = reason
    this.retryAfterMs = retryAfterMs
  }
}

/** No answer: whether the request was carried out cannot be known. */
export class KubeUnreachableError extends Error {
  override readonly name = 'KubeUnreachableError'
}

export function isNotFound(error: unknown): boolean {
  return error instanceof KubeError && error.status === 404
}

/** Somebody else was quicker, or the object is another by now. */
export function isConflict(error: unknown): boolean {
  return error instanceof KubeError && error.status === 409
}

/** The version asked for is too old: everything must be listed again. */
export function isExpired(error: unknown): boolean {
  return error instanceof KubeError && (error.status === 410 || error.reason === 'Expired')
}

/** What was asked for cannot be: a value that is not allowed, or that somebody else has. */
export function isInvalid(error: unknown): boolean {
  return error instanceof KubeError && error.status === 422
}
