// What the produce path pays per record: validation of one batch of 16 KiB, as Kafka's producer
// sends by default. Run: npx node bench/validate.bench.ts

import { computedCrc, setBaseOffset, setLeaderEpoch } from '@samsa/proto/record/batch'
import { encodeBatch, type RecordInput } from '@samsa/proto/record/batch-builder'
import { batchRecords } from '@samsa/proto/record/records'
import { validateProduced } from '@samsa/proto/record/validate'
import { measure, printMachine } from './micro.ts'

const batchBytes = 16 * 1024

printMachine()
for (const valueBytes of [10, 100, 1024]) {
  const count = Math.floor(batchBytes / (valueBytes + 8))
  const records: RecordInput[] = Array.from({ length: count }, (_, index) => ({
    key: null,
    value: Buffer.alloc(valueBytes, index),
    timestampMs: 1_700_000_000_000 + (index >> 4),
  }))
  const batch = encodeBatch(records)
  const name = `${count} records of ${valueBytes} B`
  measure(`${name}: validateProduced, a record`, () => validateProduced(batch), count, batch.length)
  measure(`${name}: of that the checksum`, () => computedCrc(batch, 0), count, batch.length)
  measure(`${name}: encodeBatch, a record`, () => encodeBatch(records), count, batch.length)
  measure(`${name}: decode to objects, a record`, () => drain(batchRecords(batch)), count)
  for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const compressed = encodeBatch(records, { compression })
    const inspect = () => validateProduced(compressed, { inspectCompressed: true })
    measure(`${name}: inspect ${compression}, a record`, inspect, count)
  }
}
const one = encodeBatch([{ key: null, value: Buffer.alloc(10) }])
measure('offset and epoch in place, a batch', () => {
  setBaseOffset(one, 0, 2 ** 40)
  setLeaderEpoch(one, 0, 7)
})

function drain(values: Iterable<unknown>): number {
  let count = 0
  for (const _ of values) count++
  return count
}
