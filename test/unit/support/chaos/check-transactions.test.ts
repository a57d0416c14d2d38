// Each anomaly of transactions is planted in a sound history, and must be found as what it is.

import { describe, expect, it } from 'vitest'
import { checkTransactions } from '../../../support/chaos/check-transactions.ts'
import type { Happening, HistoryEvent, SeenRecord } from '../../../support/chaos/history.ts'

type Outcome = 'committed' | 'aborted' | 'unknown'

const begins = (number: number, ...partitions: number[]): Happening => ({
  type: 'transactionBegins',
  producer: 'p',
  number,
  partitions,
  plan: 'commit',
})
const ending = (number: number): Happening => ({ type: 'transactionEnding', producer: 'p', number })
const ended = (number: number, outcome: Outcome): Happening => ({
  type: 'transactionEnded',
  producer: 'p',
  number,
  outcome,
  reason: '',
})
const offset = (value: number): Happening => ({
  type: 'transactionalOffset',
  producer: 'p',
  offset: value,
})
const read = (partition: number, ...records: SeenRecord[]): Happening => ({
  type: 'readCommitted',
  partition,
  records,
})
const final = (partition: number, ...records: SeenRecord[]): Happening => ({
  type: 'finalCommitted',
  partition,
  records,
})
const whole = (number: number, from: number): SeenRecord[] => [
  [from, `p:${number}.0`],
  [from + 1, `p:${number}.1`],
]

function kinds(...happenings: Happening[]): string[] {
  const events: HistoryEvent[] = happenings.map((one, index) => ({ ...one, atMs: index * 100 }))
  return [...new Set(checkTransactions(events).map(({ kind }) => kind))]
}

const committed = [begins(0, 0, 1), ending(0), ended(0, 'committed')]
const aborted = [begins(1, 0), ended(1, 'aborted')]
const unknown = [begins(2, 0, 1), ending(2), ended(2, 'unknown')]

describe('a sound history of transactions', () => {
  it('passes', () => {
    expect(
      kinds(
        ...committed,
        read(0, ...whole(0, 0)),
        ...aborted,
        offset(1),
        ...unknown,
        offset(3),
        final(0, ...whole(0, 0), ...whole(2, 6)),
        final(1, ...whole(0, 0), ...whole(2, 3)),
      ),
    ).toEqual([])
  })

  it('may lack a transaction whose end nobody knows, whole and with its offset', () => {
    expect(
      kinds(
        ...committed,
        ...unknown,
        offset(1),
        final(0, ...whole(0, 0)),
        final(1, ...whole(0, 0)),
      ),
    ).toEqual([])
  })

  it('may show a transaction as soon as its end was asked for', () => {
    expect(kinds(begins(0, 0), ending(0), read(0, ...whole(0, 0)), ended(0, 'committed'))).toEqual(
      [],
    )
  })
})

describe('of transactions is found', () => {
  it('an aborted record that was read', () => {
    expect(kinds(...aborted, read(0, ...whole(1, 0)))).toEqual(['aborted read'])
  })

  it('a record that was read while its transaction was open', () => {
    expect(kinds(begins(0, 0), read(0, ...whole(0, 0)), ending(0), ended(0, 'committed'))).toEqual([
      'open read',
    ])
  })

  it('a committed record that is lost', () => {
    expect(kinds(...committed, final(0, ...whole(0, 0)), final(1))).toEqual(['lost'])
  })

  it('a transaction of which a part is there', () => {
    expect(kinds(...unknown, final(0, ...whole(2, 0)), final(1))).toEqual(['torn transaction'])
  })

  it('a record that is there twice', () => {
    expect(
      kinds(begins(0, 0), ending(0), ended(0, 'committed'), final(0, ...whole(0, 0), [9, 'p:0.1'])),
    ).toEqual(['duplicate'])
  })

  it('transactions out of order', () => {
    expect(
      kinds(
        begins(0, 0),
        ending(0),
        ended(0, 'committed'),
        begins(1, 0),
        ending(1),
        ended(1, 'committed'),
        final(0, ...whole(1, 0), ...whole(0, 3)),
      ),
    ).toEqual(['reordered'])
  })

  it('an offset without its records, and records without their offset', () => {
    const apart = 'offset apart from its transaction'
    expect(kinds(...unknown, offset(3), final(0), final(1))).toEqual([apart])
    expect(
      kinds(...unknown, offset(-1), final(0, ...whole(2, 0)), final(1, ...whole(2, 0))),
    ).toEqual([apart])
  })

  it('a transaction that holds its readers back for ever', () => {
    expect(kinds(...committed, { type: 'hanging', partition: 0, detail: '' })).toEqual([
      'hanging transaction',
    ])
  })
})
