// How requests of the storage API are read: bytes that are no such message, or too many, become a
// value that says so, since what throws here would reach the caller as a bug of ours.

import type { Codec } from '@samsa/proto/grpc/service'
import { StorageError } from './failure.ts'
import { plainRequestBytesMax } from './limits.ts'

/** A request that cannot be read. */
export class Malformed {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

export function plainDecoder<Written, Read>(
  codec: Codec<Written, Read>,
): (bytes: Buffer) => Read | Malformed {
  return (bytes) => {
    if (bytes.length > plainRequestBytesMax) {
      return new Malformed(`a request of ${bytes.length} bytes: at most ${plainRequestBytesMax}`)
    }
    return decodeSafely(() => codec.decode(bytes))
  }
}

export function decodeSafely<T>(decode: () => T): T | Malformed {
  try {
    return decode()
  } catch (error) {
    return new Malformed(error instanceof Error ? error.message : String(error))
  }
}

export function wellFormed<T>(request: T | Malformed): T {
  if (!(request instanceof Malformed)) return request
  throw new StorageError('INVALID_REQUEST', `the request cannot be read: ${request.reason}`)
}
