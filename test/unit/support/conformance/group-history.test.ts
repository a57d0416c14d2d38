// The judgement of a group's history is only worth something if it finds what is wrong.

import { expect, it } from 'vitest'
import { type GroupEvent, wrongWith } from '../../../support/conformance/group-history.ts'

const assigned = (member: string, atMs: number, ...partitions: number[]): GroupEvent => ({
  type: 'assigned',
  member,
  atMs,
  partitions,
})
const revoked = (member: string, atMs: number, ...partitions: number[]): GroupEvent => ({
  type: 'revoked',
  member,
  atMs,
  partitions,
})
const gone = (member: string, atMs: number): GroupEvent => ({ type: 'gone', member, atMs })
const consumed = (atMs: number, minOffset: number, maxOffset: number): GroupEvent => ({
  type: 'consumed',
  member: 'a',
  atMs,
  partition: 0,
  minOffset,
  maxOffset,
})
const committed = (atMs: number, offset: number): GroupEvent => ({
  type: 'committed',
  member: 'a',
  atMs,
  partition: 0,
  offset,
})

it('finds nothing wrong with partitions that are handed on', () => {
  const history = [
    assigned('a', 1, 0, 1),
    consumed(2, 0, 9),
    committed(3, 10),
    revoked('a', 4, 0),
    assigned('b', 4, 0),
    // Killed between reading and committing: its successor reads that again.
    consumed(5, 10, 19),
    gone('b', 6),
    assigned('a', 9, 0),
    consumed(10, 10, 24),
    committed(11, 25),
  ]
  expect(wrongWith(history)).toEqual([])
})

it('finds a partition with two owners, also when they are heard of out of order', () => {
  const history = [assigned('b', 5, 0), assigned('a', 1, 0), revoked('a', 6, 0)]
  expect(wrongWith(history)).toEqual(['partition 0 was given to b while a had it, at 5 for 1 ms'])
})

it('finds a partition that was given on before its killed owner was gone', () => {
  expect(wrongWith([assigned('a', 1, 0), assigned('b', 2, 0), gone('a', 3)])).toHaveLength(1)
})

it('finds a committed offset that goes back', () => {
  expect(wrongWith([committed(1, 10), committed(2, 9)])).toEqual([
    'partition 0 was committed at 10 and then at 9 by a at 2',
  ])
})

it('finds offsets that nobody read', () => {
  expect(wrongWith([consumed(1, 0, 9), consumed(2, 11, 12)])).toEqual([
    'partition 0: a read on at 11 where the group had come to 10, at 2',
  ])
})
