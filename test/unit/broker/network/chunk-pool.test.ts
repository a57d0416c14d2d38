// Pooled network memory: handed out, shared, given back.

import { ChunkPool } from '@samsa/broker/network/chunk-pool'
import { pooledBytesMax, receiveBytesMax, receiveBytesMin } from '@samsa/broker/network/limits'
import { describe, expect, it } from 'vitest'

describe('ChunkPool', () => {
  it('gives a released chunk out again, and only then', () => {
    const pool = new ChunkPool()
    const first = pool.acquire(5000)
    const { buffer } = first
    first.retain()
    first.release()
    expect(pool.acquire(5000).buffer).not.toBe(buffer)
    first.release()
    expect(pool.acquire(5000).buffer).toBe(buffer)
  })

  it('stops the process when a chunk is released twice or kept after its release', () => {
    const chunk = new ChunkPool().acquire(1)
    chunk.release()
    expect(() => chunk.release()).toThrow('released twice')
    expect(() => chunk.retain()).toThrow('retained')
  })

  it('keeps no more free memory than its limit, and none of odd size', () => {
    const pool = new ChunkPool()
    const chunks = Array.from({ length: 40 }, () => pool.acquire(receiveBytesMax))
    const huge = pool.acquire(receiveBytesMax + 1)
    for (const chunk of [...chunks, huge]) chunk.release()
    expect(pool.usedBytes).toBe(0)
    expect(pool.freeBytes).toBe(pooledBytesMax)
  })

  it('gives back what was not needed from one trim to the next', () => {
    const pool = new ChunkPool()
    const burst = Array.from({ length: 8 }, () => pool.acquire(receiveBytesMin))
    for (const chunk of burst) chunk.release()
    pool.trim()
    expect(pool.freeBytes).toBe(8 * receiveBytesMin)
    const needed = Array.from({ length: 3 }, () => pool.acquire(receiveBytesMin))
    for (const chunk of needed) chunk.release()
    pool.trim()
    expect(pool.freeBytes).toBe(3 * receiveBytesMin)
    pool.trim()
    expect(pool.freeBytes).toBe(0)
  })
})
