// The metadata as bytes: batches in the Raft log, snapshots, and records of every type.

import { MetadataRecordError } from '@samsa/controller/errors'
import { decodeBatch, encodeBatch } from '@samsa/controller/quorum/batch-format'
import { readSnapshot, snapshotChunks } from '@samsa/controller/quorum/snapshot-format'
import { decodeRecord } from '@samsa/controller/records/record'
import { recordTypes } from '@samsa/controller/records/records'
import { Writer } from '@samsa/proto/wire/writer'
import type { Random } from '../../simulation/shared/random.ts'
import { mutate } from '../engine/mutate.ts'
import { mayRefuse, type Target } from '../engine/target.ts'
import { dictionary } from '../generate/dictionary.ts'
import { generate } from '../generate/from-schema.ts'

const types = Object.values(recordTypes)

export const metadataLog: Target = {
  name: 'metadata-log',
  shortRuns: 1_000,
  async open() {
    return {
      make(random) {
        const records = Array.from({ length: random.integer(1, 4) }, () => anyRecord(random))
        const offset = random.pick([0, 5, 2 ** 53 - 1])
        const whole = [
          ...(random.chance(0.5)
            ? [encodeBatch(records)]
            : snapshotChunks({ offset, epoch: 1, records })),
        ]
        const bytes = random.chance(0.3) ? anyRecord(random) : Buffer.concat(whole)
        return random.chance(0.8) ? mutate(random, bytes) : bytes
      },
      async run(input) {
        // As where they are replayed: the first that is damaged ends it.
        for (const records of [[input], readBatch(input), await readWhole(input)]) {
          mayRefuse([MetadataRecordError], () => records.forEach(decodeRecord))
        }
      },
      close: () => Promise.resolve(),
    }
  },
}

function anyRecord(random: Random): Buffer {
  const { id, schema } = random.pick(types)
  const version = random.integer(schema.versions.min, schema.versions.max)
  const writer = new Writer()
  writer.unsignedVarint(1)
  writer.unsignedVarint(id)
  writer.unsignedVarint(version)
  return Buffer.concat([writer.toBuffer(), generate(random, schema, version, dictionary)])
}

function readBatch(input: Buffer): Buffer[] {
  let records: Buffer[] = []
  mayRefuse([MetadataRecordError], () => {
    records = decodeBatch(input)
  })
  return records
}

async function readWhole(input: Buffer): Promise<Buffer[]> {
  try {
    const { records } = await readSnapshot(chunksOf(input))
    return [...records]
  } catch (error) {
    if (error instanceof MetadataRecordError) return []
    throw error
  }
}

async function* chunksOf(input: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < input.length; at += 1_000) yield input.subarray(at, at + 1_000)
}
