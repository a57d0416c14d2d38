// Rebalancing by the clock, as all that the active controller does now and then.

import { ActiveRounds, type Round } from '@samsa/controller/active-rounds'
import { ControllerError } from '@samsa/controller/errors'
import { describe, expect, it } from 'vitest'

function rebalancer(rounds: (Round | Error)[]) {
  const scheduled: { delayMs: number; call: () => void; cancelled: boolean }[] = []
  const elections: number[] = []
  const errors: unknown[] = []
  const subject = new ActiveRounds({
    round: async () => {
      const round = rounds.shift() ?? { count: 0, more: false }
      if (round instanceof Error) throw round
      return round
    },
    intervalMs: 300_000,
    after: (delayMs, call) => {
      const timer = { delayMs, call, cancelled: false }
      scheduled.push(timer)
      return () => {
        timer.cancelled = true
      }
    },
    onChanged: (count) => elections.push(count),
    onError: (error) => errors.push(error),
  })
  const tick = async () => {
    scheduled.at(-1)?.call()
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return { subject, scheduled, elections, errors, tick, rounds }
}

describe('the rebalancer', () => {
  it('goes round after round until there is no more, and then waits again', async () => {
    const { scheduled, elections, tick } = rebalancer([
      { count: 1000, more: true },
      { count: 7, more: false },
    ])
    expect(scheduled.map(({ delayMs }) => delayMs)).toEqual([300_000])
    await tick()
    expect(elections).toEqual([1000, 7])
    expect(scheduled).toHaveLength(2)
  })

  it('is silent where it is not the active controller, and goes on after errors', async () => {
    const { scheduled, errors, elections, tick } = rebalancer([
      new ControllerError('NOT_CONTROLLER', 'another is'),
      new Error('disk'),
      { count: 1, more: false },
    ])
    await tick()
    expect(errors).toEqual([])
    await tick()
    expect(errors).toMatchObject([{ message: 'disk' }])
    await tick()
    expect([elections, scheduled.length]).toEqual([[1], 4])
  })

  it('ends with close, also in the middle of its rounds', async () => {
    const { subject, scheduled, tick, rounds } = rebalancer([
      { count: 1, more: true },
      { count: 1, more: true },
    ])
    scheduled[0]?.call()
    subject.close()
    await new Promise<void>((resolve) => setImmediate(resolve))
    expect([scheduled.length, rounds.length]).toEqual([1, 1])
    expect(scheduled[0]?.cancelled).toBe(true)
    await tick()
    expect(scheduled).toHaveLength(1)
  })
})
