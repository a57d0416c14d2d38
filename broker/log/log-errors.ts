// What can be wrong with a log on the disk, and how failures of the disk are told to clients.

import { RecordError } from '@samsa/proto/record/record-error'
import { BrokerError } from '../errors.ts'

/**
 * Sound batches follow bytes that are none: cutting the log there would lose records that were
 * acknowledged. The log is left as it is and not served.
 */
export class LogDamagedError extends Error {
  override readonly name = 'LogDamagedError'
  readonly path: string
  readonly position: number
  /** The first offset that is not sound. */
  readonly offset: number

  constructor(path: string, position: number, offset: number, reason: string) {
    super(
      `${path} is damaged at offset ${offset} (byte ${position}): ${reason}; ` +
        'sound batches follow, so nothing was cut',
    )
    this.path = path
    this.position = position
    this.offset = offset
  }
}

/** Bytes of a log that is in use are not what they were when they were written. */
export class BatchDamagedError extends Error {
  override readonly name = 'BatchDamagedError'
  readonly path: string
  readonly position: number
  /** The first offset that is not sound. */
  readonly offset: number

  constructor(path: string, position: number, offset: number, reason: string) {
    super(`${path} is damaged at offset ${offset} (byte ${position}): ${reason}`)
    this.path = path
    this.position = position
    this.offset = offset
  }
}

/**
 * No batch is where one should be: the index or the segment is damaged, or the log was cut during
 * the read.
 */
export class NoBatchError extends Error {
  override readonly name = 'NoBatchError'

  constructor(path: string, position: number) {
    super(`${path} has no record batch at position ${position}`)
  }
}

export function storageError(message: string, cause?: unknown): BrokerError {
  return new BrokerError('KAFKA_STORAGE_ERROR', message, { cause })
}

/** Rethrows what the record layer refused under the error that it names. */
export function throwAsBrokerError(error: unknown): never {
  if (error instanceof RecordError) {
    throw new BrokerError(error.kafkaError, error.message, { cause: error })
  }
  throw error
}
