// Compression of record batches by the codec id in their attributes. Each codec lives in its own
// file and its native module is loaded when first used, because most brokers see one codec or none.
// Input is hostile: decompress never returns, and never sets out to allocate, more than it is
// allowed.

import { RecordError } from '../record-error.ts'
import { gzip } from './gzip.ts'
import { lz4 } from './lz4.ts'
import { snappy } from './snappy.ts'
import { zstd } from './zstd.ts'

/** Kafka's names, as `compression.type` has them. */
export type CompressionType = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

export interface Codec {
  /** Whole content of `bytes`, at most `outputBytesMax`; throws what it likes on damage. */
  decompress(bytes: Buffer, outputBytesMax: number): Buffer
  compress(bytes: Buffer, level?: number): Buffer
}

export const compressionIds = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const

const codecs: readonly (Codec | undefined)[] = [undefined, gzip, snappy, lz4, zstd]
const types: readonly CompressionType[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** The name of a codec id; undefined for one that Kafka does not define. */
export function compressionType(id: number): CompressionType | undefined {
  return types[id]
}

/**
 * Throws RecordError, whatever the bytes are: damaged, of no codec, or larger than `outputBytesMax`
 * inside.
 */
export function decompress(id: number, bytes: Buffer, outputBytesMax: number): Buffer {
  if (id === compressionIds.none) return bytes
  const codec = codecs[id]
  if (codec === undefined) {
    throw new RecordError('UNSUPPORTED_COMPRESSION_TYPE', `there is no compression with id ${id}`)
  }
  try {
    return codec.decompress(bytes, outputBytesMax)
  } catch (error) {
    throw new RecordError(
      'CORRUPT_MESSAGE',
      `cannot decompress as ${types[id]}: ${reason(error)}`,
      {
        cause: error,
      },
    )
  }
}

/** `level` is the codec's own (gzip 1-9, zstd negative to 22); snappy and lz4 have none here. */
export function compress(type: CompressionType, bytes: Buffer, level?: number): Buffer {
  const codec = codecs[compressionIds[type]]
  return codec === undefined ? bytes : codec.compress(bytes, level)
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
