// What Durability says of the disk, against a disk: a list of writes that are carried out one after
// the other.

import { Durability } from '@samsa/raft/core/durability'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

/** Each entry of a log is named by the write that brought it. */
type Log = readonly number[]

const command = fc.oneof(
  fc.record({ type: fc.constant('append' as const), count: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    type: fc.constant('rewrite' as const),
    back: fc.integer({ min: 1, max: 4 }),
    count: fc.integer({ min: 0, max: 3 }),
  }),
  fc.record({ type: fc.constant('complete' as const), count: fc.integer({ min: 1, max: 3 }) }),
)

describe('durability', () => {
  it('never claims more than the disk has, and in the end all of it', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const durability = new Durability(0)
        let memory: Log = []
        let disk: Log = []
        let completed = 0
        const writes: Log[] = []
        const write = (kept: Log, count: number) => {
          const token = writes.length + 1
          memory = [...kept, ...Array.from({ length: count }, () => token)]
          writes.push(memory)
          expect(durability.issue(memory.length, false)).toBe(token)
        }
        const complete = (count: number) => {
          completed = Math.min(writes.length, completed + count)
          disk = writes[completed - 1] ?? []
          durability.durable(completed)
        }
        for (const each of commands) {
          if (each.type === 'append') write(memory, each.count)
          else if (each.type === 'complete') complete(each.count)
          else {
            const kept = memory.slice(0, Math.max(0, memory.length - each.back))
            durability.truncatedFrom(kept.length + 1)
            write(kept, each.count)
          }
          const claimed = durability.durableIndex
          expect(disk.slice(0, claimed)).toEqual(memory.slice(0, claimed))
          expect(disk.length).toBeGreaterThanOrEqual(claimed)
        }
        complete(writes.length)
        expect(durability.durableIndex).toBe(memory.length)
      }),
    )
  })
})
