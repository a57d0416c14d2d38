// Record batches, as producers send them and as logs give them back: with checksums that are put
// right after the damage, so that the readers behind the checksum see it, too.

import * as batch from '@samsa/proto/record/batch'
import { encodeBatch } from '@samsa/proto/record/batch-builder'
import { batchPositions } from '@samsa/proto/record/batches'
import { decodeEndTransactionMarker } from '@samsa/proto/record/control-batch'
import { RecordError } from '@samsa/proto/record/record-error'
import { decodeRecords } from '@samsa/proto/record/records'
import { validateProduced } from '@samsa/proto/record/validate'
import type { Random } from '../../simulation/shared/random.ts'
import { mutate, noise } from '../engine/mutate.ts'
import { mayRefuse, type Target } from '../engine/target.ts'

const outputBytesMax = 1024 * 1024
const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export const batches: Target = {
  name: 'batches',
  shortRuns: 1_000,
  async open() {
    return {
      make(random) {
        const sound = Buffer.concat(Array.from({ length: random.integer(1, 2) }, () => any(random)))
        const damaged = mutate(random, sound)
        if (random.chance(0.8)) correctChecksum(damaged)
        return damaged
      },
      run(input) {
        mayRefuse([RecordError], () => {
          for (const _ of decodeRecords(input, outputBytesMax)) continue
        })
        const rules = { decompressedBytesMax: outputBytesMax, inspectCompressed: true }
        mayRefuse([RecordError], () => validateProduced(Buffer.from(input), rules))
        mayRefuse([RecordError], () => {
          for (const at of batchPositions(input)) decodeEndTransactionMarker(input, at)
        })
      },
      close: () => Promise.resolve(),
    }
  },
}

function any(random: Random): Buffer {
  const part = () => (random.chance(0.1) ? null : noise(random, 60))
  const records = Array.from({ length: random.integer(1, 20) }, () => ({
    key: part(),
    value: part(),
    timestampMs: random.pick([-1, 0, 1_700_000_000_000, 2 ** 51]),
    headers: Array.from({ length: random.integer(0, 2) }, () => ({ key: 'h', value: part() })),
  }))
  const compression = random.pick(compressions)
  const producer = { producerId: 7, producerEpoch: 0, baseSequence: random.pick([0, 2 ** 31 - 1]) }
  return encodeBatch(records, { compression, ...(random.chance(0.3) && producer) })
}

function correctChecksum(bytes: Buffer): void {
  if (bytes.length < batch.batchHeaderBytes) return
  const size = batch.batchSize(bytes, 0)
  // A size that lies leaves a batch without an end; the size may be what is tested.
  if (size > bytes.length || size < batch.batchHeaderBytes) return
  batch.updateCrc(bytes, 0)
}
