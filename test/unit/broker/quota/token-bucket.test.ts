// The balance of a quota, on a clock moved by hand.

import { TokenBucket } from '@samsa/broker/quota/token-bucket'
import { describe, expect, it } from 'vitest'

const terms = { rate: 100, savedSecondsMax: 2, owedSecondsMax: 10 }

describe('TokenBucket', () => {
  it('makes who overdraws wait until the debt is paid', () => {
    const bucket = new TokenBucket(terms, 0, 0)
    expect(bucket.waitMs(0)).toBe(0)
    bucket.spend(50, 0)
    expect(bucket.waitMs(0)).toBe(500)
    expect(bucket.waitMs(400)).toBe(100)
    expect(bucket.waitMs(500)).toBe(0)
  })

  it('saves for so many seconds and no more', () => {
    const bucket = new TokenBucket(terms, 0, 0)
    bucket.spend(200, 60_000)
    expect(bucket.waitMs(60_000)).toBe(0)
    bucket.spend(1, 60_000)
    expect(bucket.waitMs(60_000)).toBe(10)
  })

  it('forgets debts beyond so many seconds', () => {
    const bucket = new TokenBucket(terms, 0, 0)
    bucket.spend(1_000_000, 0)
    expect(bucket.waitMs(0)).toBe(10_000)
    expect(bucket.waitMs(10_000)).toBe(0)
  })

  it('has a rate of 0 wait for the longest each time', () => {
    const bucket = new TokenBucket({ ...terms, rate: 0 }, 0, 2)
    bucket.spend(1, 0)
    expect(bucket.waitMs(0)).toBe(10_000)
    expect(bucket.waitMs(1_000_000)).toBe(10_000)
    bucket.change(terms, 1_000_000)
    expect(bucket.waitMs(1_000_001)).toBe(0)
  })

  it('takes new terms at once, with what is owed', () => {
    const bucket = new TokenBucket(terms, 0, 0)
    bucket.spend(100, 0)
    bucket.change({ ...terms, rate: 1000 }, 0)
    expect(bucket.waitMs(0)).toBe(100)
  })

  it('is not harmed by a clock that goes back', () => {
    const bucket = new TokenBucket(terms, 1_000, 0)
    bucket.spend(100, 1_000)
    expect(bucket.waitMs(0)).toBe(1000)
    expect(bucket.waitMs(1_500)).toBe(500)
  })
})
