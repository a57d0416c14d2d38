// Whatever producers, failures and time do: a transaction is decided once, its markers all say the
// same, epochs never fall, and what was answered holds after every failure.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SendMarkersEffect } from '../../../../../broker/coordinator/transaction/turn.ts'
import { type Producer, TransactionDriver } from '../../../../support/transaction-driver.ts'

const id = 'tx'

type Step =
  | { readonly do: 'init' | 'initAgain' | 'markers' | 'fail' | 'timeOut' | 'loseWrite' }
  | { readonly do: 'add'; readonly who: number; readonly partition: number }
  | { readonly do: 'end'; readonly who: number; readonly commit: boolean; readonly version: 0 | 2 }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom('init', 'initAgain', 'markers', 'fail', 'timeOut', 'loseWrite'),
  }),
  fc.record({ do: fc.constant('add'), who: fc.nat(3), partition: fc.nat(2) }),
  fc.record({
    do: fc.constant('end'),
    who: fc.nat(3),
    commit: fc.boolean(),
    version: fc.constantFrom(0, 2),
  }),
)

/** What producers believe, the newest last; and what every marker has said. */
class World {
  readonly d = new TransactionDriver()
  readonly producers: Producer[] = []
  readonly #verdicts = new Map<string, boolean>()
  #epochs = new Map<number, number>()

  run(one: Step): void {
    const { d } = this
    switch (one.do) {
      case 'init':
      case 'initAgain': {
        const expected = one.do === 'initAgain' ? this.producers.at(-1) : undefined
        const answer = d.init(id, expected === undefined ? {} : { expected })
        if (answer?.error === 'NONE') this.producers.push(answer)
        break
      }
      case 'add': {
        const producer = this.#pick(one.who)
        if (producer !== undefined) d.add(id, producer, one.partition)
        break
      }
      case 'end': {
        const producer = this.#pick(one.who)
        if (producer === undefined) break
        const before = d.known(id)
        const answer = d.end(id, producer, one.commit ? 'commit' : 'abort', one.version)
        if (answer?.error !== 'NONE') break
        // Only the newest producer is ever told that its transaction is over.
        expect(producer.producerId).toBe(before?.producerId)
        this.producers.push(answer)
        break
      }
      case 'markers':
        this.#note(d.markers)
        d.writeMarkers()
        break
      case 'fail':
        d.fail()
        break
      case 'timeOut':
        d.nowMs += 60_000
        d.feed({ type: 'abortTimedOut' })
        break
      case 'loseWrite':
        d.holdWrites = true
        d.init(id)
        d.holdWrites = false
        d.fail()
        break
    }
    this.#note(d.markers)
    this.#checkEpoch()
  }

  #pick(who: number): Producer | undefined {
    return this.producers.at(-1 - who)
  }

  #note(markers: readonly SendMarkersEffect[]): void {
    const known = this.d.known(id)
    for (const { producerId, producerEpoch, isCommit } of markers) {
      const start = known?.startMs ?? 0
      const key = `${producerId}/${producerEpoch}/${start}/${known?.lastUpdateMs}`
      expect(this.#verdicts.get(key) ?? isCommit).toBe(isCommit)
      this.#verdicts.set(key, isCommit)
    }
  }

  #checkEpoch(): void {
    const known = this.d.known(id)
    if (known === null) return
    expect(known.producerEpoch).toBeGreaterThanOrEqual(this.#epochs.get(known.producerId) ?? 0)
    this.#epochs.set(known.producerId, known.producerEpoch)
  }
}

describe('transactions', () => {
  it('are decided once, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new World()
        for (const one of steps) {
          world.d.nowMs += 1
          world.run(one)
        }
        // In the end nothing hangs: markers are written, time passes, and the next producer comes.
        world.d.nowMs += 60_000
        world.d.feed({ type: 'abortTimedOut' })
        world.d.writeMarkers()
        expect(world.d.init(id)).toMatchObject({ error: 'NONE' })
      }),
      { numRuns: 500 },
    )
  })

  it('are the same after a failure', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = new World()
        for (const one of steps) world.run(one)
        const before = world.d.known(id)
        world.d.fail()
        expect(world.d.known(id)).toEqual(before)
      }),
      { numRuns: 300 },
    )
  })
})
