// What a client says of failures that last, and when it keeps silent.

import { RetryNotice } from '@samsa/cli/client/retry-notice'
import { describe, expect, it } from 'vitest'

describe('a notice of retries', () => {
  it('comes once failures have lasted, and then now and then', () => {
    const told: string[] = []
    const notice = new RetryNotice((reason) => told.push(reason))
    for (let nowMs = 0; nowMs <= 25_000; nowMs += 500) {
      notice.failed(new Error('the disk is full'), 0, nowMs)
    }
    expect(told).toEqual([
      'still trying after 2 s: the disk is full',
      'still trying after 12 s: the disk is full',
      'still trying after 22 s: the disk is full',
    ])
  })

  it('does not come for what passes soon, however often it happens', () => {
    const told: string[] = []
    const notice = new RetryNotice((reason) => told.push(reason))
    for (let nowMs = 0; nowMs <= 60_000; nowMs += 1_000) {
      notice.failed(new Error('no leader'), nowMs - 1_500, nowMs)
    }
    expect(told).toEqual([])
  })
})
