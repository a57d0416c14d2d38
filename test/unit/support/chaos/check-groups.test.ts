// Each anomaly of groups is planted in a sound history, and must be found as what it is.

import { describe, expect, it } from 'vitest'
import { checkGroups } from '../../../support/chaos/check-groups.ts'
import type { Happening, HistoryEvent } from '../../../support/chaos/history.ts'

const of = (member: number) => ({ group: 'g', member, partition: 0 })
const owns = (member: number): Happening => ({ type: 'owns', ...of(member) })
const givesUp = (member: number): Happening => ({ type: 'gives up', ...of(member), isLost: false })
const left = (member: number): Happening => ({
  type: 'left',
  group: 'g',
  member,
  isLeftBehind: false,
})
const read = (member: number, ...offsets: number[]): Happening[] =>
  offsets.map((offset) => ({ type: 'memberRead', ...of(member), offset, last: offset }))
const commits = (member: number, offset: number): Happening => ({
  type: 'memberCommitted',
  ...of(member),
  offset,
})

/** One event every second. */
function kinds(...happenings: Happening[]): string[] {
  const events: HistoryEvent[] = happenings.map((one, index) => ({ ...one, atMs: index * 1_000 }))
  return [...new Set(checkGroups(events).map(({ kind }) => kind))]
}

const pause = Array.from({ length: 10 }, () => left(99))

describe('a sound history of a group', () => {
  it('passes', () => {
    expect(
      kinds(
        owns(1),
        ...read(1, 0, 1, 2),
        commits(1, 2),
        givesUp(1),
        owns(2),
        // What was read and not committed comes again.
        ...read(2, 2, 3),
        commits(2, 4),
        left(2),
        owns(3),
        ...read(3, 4),
      ),
    ).toEqual([])
  })

  it('may have a member that does not know yet that it was expelled', () => {
    expect(kinds(owns(1), ...read(1, 0, 1), owns(2), ...read(2, 0), ...read(1, 2))).toEqual([])
  })

  it('may have an acknowledgement that is late', () => {
    expect(kinds(owns(1), ...read(1, 0, 1), owns(2), commits(1, 2))).toEqual([])
  })
})

describe('of groups is found', () => {
  it('a member that begins before what was committed', () => {
    expect(
      kinds(owns(1), ...read(1, 0, 1), commits(1, 2), givesUp(1), owns(2), ...read(2, 1)),
    ).toEqual(['committed offset went back'])
  })

  it('a member that begins beyond what anybody has read', () => {
    expect(kinds(owns(1), ...read(1, 0, 1), givesUp(1), owns(2), ...read(2, 3))).toEqual([
      'poll skipped',
    ])
  })

  it('a member that leaves records out, or reads them again', () => {
    expect(kinds(owns(1), ...read(1, 0, 2))).toEqual(['poll skipped'])
    expect(kinds(owns(1), ...read(1, 0, 1, 1))).toEqual(['poll went back'])
  })

  it('two members whose commits are taken', () => {
    expect(kinds(owns(1), ...read(1, 0), owns(2), ...pause, commits(1, 1))).toEqual(['two owners'])
  })
})
