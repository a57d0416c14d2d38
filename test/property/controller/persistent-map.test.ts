// The persistent map held against a plain Map, version by version.

import { MapDraft, PersistentMap } from '@samsa/controller/image/persistent-map'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const changes = fc.array(
  fc.tuple(fc.string({ maxLength: 3 }), fc.option(fc.integer(), { nil: undefined })),
)

function sorted<V>(entries: Iterable<[string, V]>): [string, V][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
}

describe('PersistentMap', () => {
  it('holds what a Map holds after the same changes, and older versions stay as they were', () => {
    fc.assert(
      fc.property(fc.array(changes), (rounds) => {
        const model = new Map<string, number>()
        let map = PersistentMap.empty<string, number>()
        const versions: [PersistentMap<string, number>, [string, number][]][] = []
        for (const round of rounds) {
          const draft = new MapDraft(map)
          for (const [key, value] of round) {
            if (value === undefined) {
              model.delete(key)
              draft.delete(key)
            } else {
              model.set(key, value)
              draft.set(key, value)
            }
            expect(draft.get(key)).toBe(model.get(key))
          }
          map = draft.finish()
          versions.push([map, sorted(model)])
        }
        for (const [version, entries] of versions) {
          expect(sorted(version)).toEqual(entries)
          expect(version.size).toBe(entries.length)
          expect(sorted([...version.keys()].map((key) => [key, version.get(key)]))).toEqual(entries)
          expect(new Set(version.values())).toEqual(new Set(entries.map(([, value]) => value)))
        }
      }),
    )
  })

  it('spreads keys over its buckets, so that a change copies few entries', () => {
    const keys = Array.from({ length: 25_600 }, (_, index): [string, number] => [
      `topic-${index}`,
      index,
    ])
    const map = PersistentMap.empty<string, number>().with(new Map(keys))
    expect(map.size).toBe(25_600)
    expect(map.largestBucket).toBeLessThan(200)
    const numbers = PersistentMap.empty<number, number>().with(
      new Map(keys.map(([, id]) => [id, id])),
    )
    expect(numbers.largestBucket).toBeLessThan(200)
  })
})
