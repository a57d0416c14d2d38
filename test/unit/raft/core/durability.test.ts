// Which writes are known to be durable, by the tokens of their persists.

import { Durability } from '@samsa/raft/core/durability'
import { describe, expect, it } from 'vitest'

describe('durability', () => {
  it('follows persists in their order, also when several end at once', () => {
    const durability = new Durability(0)
    durability.issue(3, false)
    const second = durability.issue(5, false)
    const third = durability.issue(9, false)
    durability.durable(second)
    expect(durability.durableIndex).toBe(5)
    durability.durable(third)
    expect(durability.durableIndex).toBe(9)
  })

  it('does not take the end of an early write for that of a later one at the same place', () => {
    const durability = new Durability(2)
    const first = durability.issue(4, false)
    durability.truncatedFrom(4)
    const second = durability.issue(4, false)
    durability.durable(first)
    expect(durability.durableIndex).toBe(3)
    durability.durable(second)
    expect(durability.durableIndex).toBe(4)
  })

  it('forgets what was durable when a truncation takes it back', () => {
    const durability = new Durability(8)
    durability.truncatedFrom(5)
    expect(durability.durableIndex).toBe(4)
  })

  it('counts nothing of the old log once a snapshot has taken its place', () => {
    const durability = new Durability(8)
    const old = durability.issue(9, false)
    durability.replaced()
    const installed = durability.issue(20, false)
    durability.durable(old)
    expect(durability.durableIndex).toBe(0)
    durability.durable(installed)
    expect(durability.durableIndex).toBe(20)
  })

  it('lets a message wait for what it needs and no longer', () => {
    const durability = new Durability(0)
    expect(durability.waitsFor('everything')).toBeUndefined()
    const ballot = durability.issue(0, true)
    const entries = durability.issue(1, false)
    expect(durability.waitsFor('none')).toBeUndefined()
    expect(durability.waitsFor('ballot')).toBe(ballot)
    expect(durability.waitsFor('everything')).toBe(entries)
    durability.durable(ballot)
    expect(durability.waitsFor('ballot')).toBeUndefined()
    expect(durability.waitsFor('everything')).toBe(entries)
  })

  it('refuses the end of a write that nobody asked for', () => {
    expect(() => new Durability(0).durable(1)).toThrow('broken invariant')
  })
})
