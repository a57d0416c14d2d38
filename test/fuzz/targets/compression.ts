// What is inside compressed batches, in every codec: damaged, cut, joined, and bombs. Never more
// comes out than is allowed, nor is more memory used on the way than a few times that.

import { compress, compressionIds, decompress } from '@samsa/proto/record/compression/codecs'
import { RecordError } from '@samsa/proto/record/record-error'
import type { Random } from '../../simulation/shared/random.ts'
import { mutate, noise } from '../engine/mutate.ts'
import { BrokenPromiseError, inputBytesMax, mayRefuse, type Target } from '../engine/target.ts'

const outputBytesMax = 1024 * 1024
const codecs = ['gzip', 'snappy', 'lz4', 'zstd'] as const
const bombBytes = 16 * 1024 * 1024

export const compression: Target = {
  name: 'compression',
  shortRuns: 150,
  // zstd's window, by what the frame asks for, is a part of it.
  limits: { memoryBytesMax: 64 * 1024 * 1024 },
  async open() {
    const bombs = codecs.map((codec) => compress(codec, Buffer.alloc(bombBytes)))
    return {
      make(random) {
        const index = random.integer(0, codecs.length - 1)
        const codec = codecs[index] ?? 'gzip'
        const whole = random.chance(0.1)
          ? (bombs[index] ?? Buffer.alloc(0))
          : compress(codec, plain(random))
        const joined = random.chance(0.2) ? many(random, whole) : whole
        const bytes = random.chance(0.9) ? mutate(random, joined) : joined
        return Buffer.concat([Buffer.from([compressionIds[codec]]), bytes])
      },
      run(input) {
        mayRefuse([RecordError], () => {
          const output = decompress(input[0] ?? 0, input.subarray(1), outputBytesMax)
          if ((input[0] ?? 0) === 0 || output.length <= outputBytesMax) return
          throw new BrokenPromiseError(`${output.length} bytes came out`)
        })
      },
      close: () => Promise.resolve(),
    }
  },
}

/** One stream behind the other, as often as an input allows: of empty ones there are many. */
function many(random: Random, stream: Buffer): Buffer {
  const times = random.pick([2, 3, 100, Math.floor(inputBytesMax / Math.max(1, stream.length))])
  const room = Math.floor(inputBytesMax / Math.max(1, stream.length))
  return Buffer.concat(Array.from({ length: Math.min(times, room) }, () => stream))
}

function plain(random: Random): Buffer {
  const runs = Array.from({ length: random.integer(0, 8) }, () =>
    random.chance(0.5)
      ? noise(random, 300)
      : Buffer.alloc(random.integer(1, 60_000), random.integer(0, 255)),
  )
  return Buffer.concat(runs)
}
