// Who waits for commits is told in time, and of what.

import { CommitTimeouts, CommitWaits } from '@samsa/broker/replica/commit-waits'
import { describe, expect, it } from 'vitest'
import { FakeTime } from '../../../support/disk/log-fixture.ts'

function waits() {
  const time = new FakeTime()
  return { time, waits: new CommitWaits(new CommitTimeouts(time, time)) }
}

/** What the wait has come to by now. */
async function now<T>(promise: Promise<T>): Promise<T | 'waiting'> {
  return Promise.race([promise, Promise.resolve('waiting' as const)])
}

describe('a wait for a commit', () => {
  it('ends when the high watermark passes its offset', async () => {
    const { waits: list } = waits()
    const [first, second] = [list.add(4, 1000), list.add(9, 1000)]
    list.advance(4, null)
    expect(await now(first)).toBe('waiting')
    list.advance(9, null)
    expect(await now(first)).toBeNull()
    expect(await now(second)).toBe('waiting')
    list.advance(10, 'NOT_ENOUGH_REPLICAS_AFTER_APPEND')
    expect(await now(second)).toBe('NOT_ENOUGH_REPLICAS_AFTER_APPEND')
    expect(list.size).toBe(0)
  })

  it('takes its place by offset, also when it comes late', async () => {
    const { waits: list } = waits()
    const later = list.add(9, 1000)
    const repeated = list.add(4, 1000)
    list.advance(5, null)
    expect(await now(repeated)).toBeNull()
    expect(await now(later)).toBe('waiting')
  })

  it('times out by itself, each in its own time, and leaves no timer behind', async () => {
    const { time, waits: list } = waits()
    const [long, short] = [list.add(1, 500), list.add(2, 100)]
    time.advance(151)
    expect(await now(short)).toBe('REQUEST_TIMED_OUT')
    expect(await now(long)).toBe('waiting')
    time.advance(400)
    expect(await now(long)).toBe('REQUEST_TIMED_OUT')
    time.advance(100)
    expect(time.pendingCount).toBe(0)
    const again = list.add(3, 100)
    time.advance(200)
    expect(await now(again)).toBe('REQUEST_TIMED_OUT')
  })

  it('ends with the leadership', async () => {
    const { waits: list } = waits()
    const wait = list.add(1, 500)
    list.end('NOT_LEADER_OR_FOLLOWER')
    expect(await now(wait)).toBe('NOT_LEADER_OR_FOLLOWER')
  })
})
