// CRC-32C: what a call costs, and a byte. Run: npx node bench/crc32c.bench.ts

import { crc32c } from '@samsa/proto/record/crc32c'
import { measure, printMachine } from './micro.ts'

printMachine()
const bytes = Buffer.alloc(1024 * 1024, 7)
for (const size of [61, 256, 1024, 16 * 1024, 256 * 1024, 1024 * 1024]) {
  const whole = bytes.subarray(0, size)
  measure(`crc32c, whole buffer of ${size}`, () => crc32c(whole), 1, size)
  measure(`crc32c, ${size} within a buffer`, () => crc32c(bytes, 0, size), 1, size)
}
