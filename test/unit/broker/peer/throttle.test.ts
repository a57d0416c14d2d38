// The limit on what throttled replicas are sent.

import { isThrottledReplica, Throttle } from '@samsa/broker/peer/throttle'
import { describe, expect, it } from 'vitest'
import { FakeTime } from '../../../support/disk/log-fixture.ts'

describe('a throttle', () => {
  it('lets a second of its rate through at once, then calls when there is more', () => {
    const time = new FakeTime()
    const throttle = new Throttle(() => 1000, time, time)
    let calls = 0
    const retry = () => calls++
    expect(throttle.admits(retry)).toBe(true)
    throttle.spend(1500)
    expect(throttle.admits(retry)).toBe(false)
    expect(throttle.admits(retry)).toBe(false)
    time.advance(499)
    expect(calls).toBe(0)
    time.advance(10)
    expect(calls).toBe(1)
    expect(throttle.admits(retry)).toBe(true)
  })

  it('keeps to its rate over time', () => {
    const time = new FakeTime()
    const throttle = new Throttle(() => 1000, time, time)
    let sent = 0
    for (let step = 0; step < 1000; step++) {
      time.advance(10)
      if (!throttle.admits(() => {})) continue
      throttle.spend(100)
      sent += 100
    }
    expect(sent).toBeGreaterThan(10_000)
    expect(sent).toBeLessThan(11_500)
  })

  it('is none without a rate', () => {
    const time = new FakeTime()
    const throttle = new Throttle(() => Number.MAX_SAFE_INTEGER, time, time)
    throttle.spend(1e12)
    expect(throttle.admits(() => {})).toBe(true)
    expect(time.pendingCount).toBe(0)
  })
})

it.each([
  [[], false],
  [['*'], true],
  [['3:1'], true],
  [['3:2', '1:1'], false],
])('the list %j names the replica 3:1: %s', (replicas, expected) => {
  expect(isThrottledReplica(replicas, 3, 1)).toBe(expected)
})
