// The key map of the cleaner: keys and their last offsets, through every growth, up to its limit.

import { describe, expect, it } from 'vitest'
import { KeyMap } from '../../../../../broker/log/cleaner/key-map.ts'

const key = (index: number) => Buffer.from(`${index % 3 === 0 ? 'a-rather-long-' : ''}key-${index}`)

function filled(map: KeyMap, count: number): KeyMap {
  for (let index = 0; index < count; index++) {
    const bytes = key(index)
    expect(map.put(bytes, 0, bytes.length, index)).toBe(true)
  }
  return map
}

function offsetOf(map: KeyMap, index: number): number {
  const bytes = key(index)
  return map.get(bytes, 0, bytes.length)
}

describe('the key map', () => {
  it('knows the last offset of each key, however often it grew', () => {
    const map = filled(new KeyMap({ slots: 300_000, loadFactor: 0.9, seed: 7 }), 60_000)
    for (let index = 0; index < 60_000; index += 2) {
      const bytes = key(index)
      map.put(bytes, 0, bytes.length, 100_000 + index)
    }
    for (let index = 0; index < 60_000; index++) {
      expect(offsetOf(map, index)).toBe(index % 2 === 0 ? 100_000 + index : index)
    }
    expect(offsetOf(map, 60_001)).toBe(-1)
    expect(map.count).toBe(60_000)
  })

  it('takes memory for the keys that there are, and not for those that there might be', () => {
    const map = new KeyMap({ slots: 1_400_000, loadFactor: 0.9, seed: 1 })
    expect(map.slots).toBeLessThan(32_768)
    filled(map, 100_000)
    expect(map.slots).toBeLessThan(200_000)
  })

  it('is full at its limit, and still takes keys that it knows', () => {
    const map = filled(new KeyMap({ slots: 50_000, loadFactor: 0.9, seed: 3 }), 45_000)
    const fresh = key(45_000)
    expect(map.isFull).toBe(true)
    expect(map.put(fresh, 0, fresh.length, 1)).toBe(false)
    const known = key(17)
    expect(map.put(known, 0, known.length, 99_999)).toBe(true)
    expect(offsetOf(map, 17)).toBe(99_999)
    expect(map.utilization).toBe(1)
  })
})
