// When short-lived memory is collected, and that it is.

import { YoungMemory } from '@samsa/broker/young-memory'
import { describe, expect, it } from 'vitest'

const mebibyte = 1024 * 1024

describe('young memory', () => {
  it('is collected once so much was used, and then again', () => {
    let collections = 0
    const memory = new YoungMemory(() => collections++)
    for (let index = 0; index < 9; index++) memory.shortLived(mebibyte / 4)
    expect(collections).toBe(2)
  })

  it('is given back: buffers that nobody holds do not pile up', () => {
    const memory = new YoungMemory()
    const startBytes = process.memoryUsage().arrayBuffers
    let peakBytes = 0
    for (let index = 0; index < 400; index++) {
      memory.shortLived(Buffer.allocUnsafeSlow(mebibyte / 8).length)
      peakBytes = Math.max(peakBytes, process.memoryUsage().arrayBuffers - startBytes)
    }
    // 50 MiB went through; without a collection they are there still.
    expect(peakBytes).toBeLessThan(20 * mebibyte)
  })
})
