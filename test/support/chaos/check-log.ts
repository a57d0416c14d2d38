// What the log must be after everything: each acknowledged record there once, at its offset, in the
// order of its producer, and nothing that nobody sent. Pure: a history in, anomalies out.

import type { Anomaly, AnomalyKind } from './anomaly.ts'
import { type EventOf, type HistoryEvent, parseValue, valueOf } from './history.ts'

/** A record that a producer or a consumer was told of. */
interface Sighting {
  readonly offset: number
  readonly value: string
  readonly by: string
}

interface PartitionView {
  readonly acked: Sighting[]
  /** Values that were acknowledged without an offset. */
  readonly ackedSomewhere: string[]
  readonly polled: Sighting[]
  readonly finals: EventOf<'final'>[]
  /** Values that may be in the log: sent, and not certainly refused. */
  readonly sent: Set<string>
  readonly refused: Set<string>
}

export function checkLog(events: readonly HistoryEvent[]): Anomaly[] {
  return [...viewByPartition(events)].flatMap(([partition, view]) =>
    [
      ...offsetsAreConsistent(view),
      ...valuesAreUnique(view),
      ...ackedAreThere(view),
      ...polledAreThere(view),
      ...producersAreInOrder(view),
      ...nothingIsInvented(view),
      ...copiesAgree(view),
    ].map(([kind, detail]) => ({ kind, partition, detail })),
  )
}

type Finding = readonly [kind: AnomalyKind, detail: string]

function viewByPartition(events: readonly HistoryEvent[]): Map<number, PartitionView> {
  const views = new Map<number, PartitionView>()
  const viewOf = (partition: number) => {
    const known = views.get(partition)
    if (known !== undefined) return known
    const view: PartitionView = {
      acked: [],
      ackedSomewhere: [],
      polled: [],
      finals: [],
      sent: new Set(),
      refused: new Set(),
    }
    views.set(partition, view)
    return view
  }
  for (const event of events) {
    if (event.type === 'sent') {
      const { sent } = viewOf(event.partition)
      for (const value of valuesOf(event)) sent.add(value)
    } else if (event.type === 'failed' && event.isCertain) {
      const { refused } = viewOf(event.partition)
      for (const value of valuesOf(event)) refused.add(value)
    } else if (event.type === 'acked') {
      const { acked } = viewOf(event.partition)
      for (const [index, value] of valuesOf(event).entries()) {
        acked.push({ offset: event.offset + index, value, by: `${event.producer}'s ack` })
      }
    } else if (event.type === 'ackedSomewhere') {
      viewOf(event.partition).ackedSomewhere.push(...valuesOf(event))
    } else if (event.type === 'polled') {
      const { polled } = viewOf(event.partition)
      for (const [offset, value] of event.records) {
        polled.push({ offset, value, by: event.consumer })
      }
    } else if (event.type === 'final') {
      viewOf(event.partition).finals.push(event)
    }
  }
  return views
}

function valuesOf({ producer, first, count }: { producer: string; first: number; count: number }) {
  return Array.from({ length: count }, (_, index) => valueOf(producer, first + index))
}

/** All that anybody ever saw, at whatever time. */
function* sightings({ acked, polled, finals }: PartitionView): Generator<Sighting> {
  yield* acked
  yield* polled
  for (const { copy, records } of finals) {
    for (const [offset, value] of records) yield { offset, value, by: copy }
  }
}

/** An offset holds one record for ever. */
function* offsetsAreConsistent(view: PartitionView): Generator<Finding> {
  const seen = new Map<number, Sighting>()
  for (const sighting of sightings(view)) {
    const first = seen.get(sighting.offset)
    if (first === undefined) seen.set(sighting.offset, sighting)
    else if (first.value !== sighting.value) {
      yield [
        'inconsistent offset',
        `offset ${sighting.offset} is ${first.value} for ${first.by} and ${sighting.value} for ${sighting.by}`,
      ]
    }
  }
}

/** A record has one offset. */
function* valuesAreUnique(view: PartitionView): Generator<Finding> {
  const seen = new Map<string, Sighting>()
  for (const sighting of sightings(view)) {
    const first = seen.get(sighting.value)
    if (first === undefined) seen.set(sighting.value, sighting)
    else if (first.offset !== sighting.offset) {
      yield [
        'duplicate',
        `${sighting.value} is at ${first.offset} for ${first.by} and at ${sighting.offset} for ${sighting.by}`,
      ]
    }
  }
}

function* ackedAreThere({ acked, ackedSomewhere, finals }: PartitionView): Generator<Finding> {
  for (const { copy, startOffset, records } of finals) {
    const offsets = new Map(records.map(([offset, value]) => [value, offset]))
    for (const { offset, value } of acked) {
      if (offset < startOffset) continue
      const found = offsets.get(value)
      if (found === undefined) {
        yield ['lost', `${value}, acknowledged at ${offset}, is not in ${copy}`]
      } else if (found !== offset) {
        yield ['moved', `${value}, acknowledged at ${offset}, is at ${found} in ${copy}`]
      }
    }
    for (const value of startOffset === 0 ? ackedSomewhere : []) {
      if (!offsets.has(value)) yield ['lost', `${value}, acknowledged, is not in ${copy}`]
    }
  }
}

/** What a consumer has read is committed and stays. */
function* polledAreThere({ polled, finals }: PartitionView): Generator<Finding> {
  for (const { copy, startOffset, records } of finals) {
    const values = new Set(records.map(([, value]) => value))
    const told = new Set<string>()
    for (const { offset, value, by } of polled) {
      if (offset < startOffset || values.has(value) || told.has(value)) continue
      told.add(value)
      yield ['vanished', `${value}, read at ${offset} by ${by}, is not in ${copy}`]
    }
  }
}

function* producersAreInOrder({ finals }: PartitionView): Generator<Finding> {
  for (const { copy, records } of finals) {
    const last = new Map<string, number>()
    for (const [offset, value] of records) {
      const { producer, number } = parseValue(value)
      const before = last.get(producer) ?? -1
      if (number < before) {
        yield ['reordered', `${value} at ${offset} comes after ${producer}:${before} in ${copy}`]
      }
      last.set(producer, Math.max(number, before))
    }
  }
}

function* nothingIsInvented(view: PartitionView): Generator<Finding> {
  const told = new Set<string>()
  for (const { offset, value, by } of sightings(view)) {
    if (told.has(value)) continue
    const wasSent = view.sent.has(value)
    if (wasSent && !view.refused.has(value)) continue
    told.add(value)
    yield [
      'phantom',
      `${value} at ${offset}, seen by ${by}, was ${wasSent ? 'refused' : 'never sent'}`,
    ]
  }
}

/** Every replica holds the same records, but for what retention took from the front. */
function* copiesAgree({ finals }: PartitionView): Generator<Finding> {
  const [first, ...others] = finals
  if (first === undefined) return
  for (const other of others) {
    const start = Math.max(first.startOffset, other.startOffset)
    const from = (event: EventOf<'final'>) => event.records.filter(([offset]) => offset >= start)
    const [ours, theirs] = [from(first), from(other)]
    const size = Math.max(ours.length, theirs.length)
    for (let index = 0; index < size; index++) {
      const [left, right] = [ours[index], theirs[index]]
      if (left?.[0] === right?.[0] && left?.[1] === right?.[1]) continue
      yield [
        'copies differ',
        `${first.copy} has ${left?.join(' ') ?? 'no more'}, ${other.copy} ${right?.join(' ') ?? 'no more'}`,
      ]
      break
    }
  }
}
