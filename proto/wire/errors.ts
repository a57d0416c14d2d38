// The two typed errors of the wire: what a peer sent cannot be read, or what we hold cannot be
// said in a version. Decoders throw DecodeError and nothing else, whatever bytes they are given.

/**
 * Bytes that do not follow the protocol. `position` is the byte in the buffer where reading
 * stopped.
 */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
  readonly position: number

  constructor(message: string, position: number) {
    super(`${message} (at byte ${position})`)
    this.position = position
  }
}

/** A value that the chosen version of a message has no way to express: a bug of the caller. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError'
}
