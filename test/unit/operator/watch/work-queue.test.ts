// The work queue on a clock that the test moves.

import { describe, expect, it } from 'vitest'
import { PassTimeoutError, WorkQueue } from '../../../../operator/watch/work-queue.ts'
import { FakeTime } from '../../../support/fake-time.ts'

interface Pass {
  readonly key: string
  readonly signal: AbortSignal
  done(againMs?: number): void
  fail(error: Error): void
}

function setUp(concurrency = 2) {
  const time = new FakeTime()
  const passes: Pass[] = []
  const failures: unknown[] = []
  const queue = new WorkQueue({
    concurrency,
    passTimeoutMs: 1_000,
    resyncMs: 60_000,
    retryMinMs: 100,
    retryMaxMs: 10_000,
    timers: {
      nowMs: () => time.monotonicMs(),
      schedule: (ms, action) => time.schedule(ms, action),
    },
    random: () => 1,
    work: (key, signal) =>
      new Promise((resolve, reject) => {
        passes.push({ key, signal, done: (againMs) => resolve(againMs ?? null), fail: reject })
      }),
    onFailure: (_key, error) => failures.push(error),
  })
  return { time, passes, failures, queue }
}

/** Lets what has been promised happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

describe('the work queue', () => {
  it('works on a key once at a time, and again when it was told meanwhile', async () => {
    const { queue, passes } = setUp()
    queue.add('a')
    queue.add('a')
    expect(passes).toHaveLength(1)
    passes[0]?.done()
    await settle()
    expect(passes).toHaveLength(2)
  })

  it('works on as many keys as it may', async () => {
    const { queue, passes } = setUp()
    for (const key of ['a', 'b', 'c']) queue.add(key)
    expect(passes.map(({ key }) => key)).toEqual(['a', 'b'])
    passes[1]?.done()
    await settle()
    expect(passes.map(({ key }) => key)).toEqual(['a', 'b', 'c'])
  })

  it('tries again after a failure, with growing patience', async () => {
    const { queue, passes, time } = setUp()
    queue.add('a')
    for (const [index, delayMs] of [100, 200, 400].entries()) {
      passes[index]?.fail(new Error('no'))
      await settle()
      time.advance(delayMs - 1)
      expect(passes).toHaveLength(index + 1)
      time.advance(1)
      expect(passes).toHaveLength(index + 2)
    }
  })

  it('lets something newer end the pass under way', async () => {
    const { queue, passes, failures } = setUp()
    queue.add('a')
    queue.add('a', { preempt: true })
    expect(passes[0]?.signal.aborted).toBe(true)
    await settle()
    expect(passes).toHaveLength(2)
    expect(passes[1]?.signal.aborted).toBe(false)
    expect(failures).toEqual([])
  })

  it('goes on without a pass that never ends', async () => {
    const { queue, passes, failures, time } = setUp(1)
    queue.add('a')
    queue.add('b')
    time.advance(1_000)
    await settle()
    expect(failures[0]).toBeInstanceOf(PassTimeoutError)
    expect(passes.map(({ key }) => key)).toEqual(['a', 'b'])
  })

  it('looks again when a pass asked for it, and at the latest after the resync', async () => {
    const { queue, passes, time } = setUp()
    queue.add('a')
    passes[0]?.done(500)
    await settle()
    time.advance(500)
    expect(passes).toHaveLength(2)
    passes[1]?.done()
    await settle()
    time.advance(60_000)
    expect(passes).toHaveLength(3)
  })

  it('forgets a key, and stops what is under way when it is closed', async () => {
    const { queue, passes, time } = setUp()
    queue.add('a')
    passes[0]?.done()
    await settle()
    queue.forget('a')
    time.advance(120_000)
    expect(passes).toHaveLength(1)
    queue.add('b')
    await queue.close()
    expect(passes[1]?.signal.aborted).toBe(true)
    queue.add('c')
    expect(passes).toHaveLength(2)
  })
})
