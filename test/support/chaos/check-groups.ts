// What a group promises while its members come and go: whoever takes a partition over goes on where
// it was committed, reads without a gap from there on, and is the only one whose commits are taken.
// Pure: a history in, anomalies out.

import type { Anomaly } from './anomaly.ts'
import type { HistoryEvent } from './history.ts'

/**
 * The members' socket.timeout.ms, and some time to be told: an acknowledgement that comes later
 * than this is of a request that was sent later.
 */
const answerMsMax = 8_000

interface Ownership {
  readonly member: number
  readonly sinceMs: number
  /** Where the group stood when the partition was taken over. */
  readonly committed: number
  readonly readTo: number
  last: number
}

interface PartitionState {
  readonly owners: Map<number, Ownership>
  /** The highest acknowledged commit; 0 before the first. */
  committed: number
  /** One past the highest offset that any member has read. */
  readTo: number
}

export function checkGroups(events: readonly HistoryEvent[]): Anomaly[] {
  const groups = new Map<string, Map<number, PartitionState>>()
  const stateOf = (group: string, partition: number): PartitionState => {
    const partitions = groups.get(group) ?? new Map<number, PartitionState>()
    groups.set(group, partitions)
    const known = partitions.get(partition) ?? { owners: new Map(), committed: 0, readTo: 0 }
    partitions.set(partition, known)
    return known
  }
  return events.flatMap((event): Anomaly[] => {
    switch (event.type) {
      case 'owns': {
        const { member, atMs: sinceMs } = event
        const state = stateOf(event.group, event.partition)
        const { committed, readTo } = state
        state.owners.set(member, { member, sinceMs, committed, readTo, last: -1 })
        return []
      }
      case 'gives up':
        stateOf(event.group, event.partition).owners.delete(event.member)
        return []
      case 'left':
        for (const state of groups.get(event.group)?.values() ?? []) {
          state.owners.delete(event.member)
        }
        return []
      case 'memberRead':
        return checkRead(stateOf(event.group, event.partition), event)
      case 'memberCommitted':
        return checkCommit(stateOf(event.group, event.partition), event)
      default:
        return []
    }
  })
}

interface MemberEvent {
  readonly group: string
  readonly member: number
  readonly partition: number
  readonly offset: number
  readonly atMs: number
}

function checkRead(
  state: PartitionState,
  event: MemberEvent & { readonly last: number },
): Anomaly[] {
  const { group, member, partition, last, atMs } = event
  const owner = state.owners.get(member)
  const found = owner === undefined ? [] : readAnomalies(owner, event)
  if (owner !== undefined) owner.last = last
  state.readTo = Math.max(state.readTo, last + 1)
  return found.map(({ kind, detail }) => ({
    kind,
    partition,
    detail: `member ${member} of ${group} ${detail} at ${atMs} ms`,
  }))
}

function readAnomalies(owner: Ownership, { offset }: MemberEvent): Omit<Anomaly, 'partition'>[] {
  const { last, committed, readTo } = owner
  if (last >= 0 && offset <= last) {
    return [{ kind: 'poll went back', detail: `read ${offset} after ${last}` }]
  }
  if (last >= 0 && offset > last + 1) {
    return [{ kind: 'poll skipped', detail: `read ${offset} after ${last}` }]
  }
  if (last < 0 && offset < committed) {
    const detail = `began at ${offset}, ${committed} was committed`
    return [{ kind: 'committed offset went back', detail }]
  }
  // Nobody has committed beyond what was read.
  if (last < 0 && offset > Math.max(readTo, committed)) {
    const detail = `began at ${offset}, nobody had read beyond ${readTo}`
    return [{ kind: 'poll skipped', detail }]
  }
  return []
}

/** A member that was expelled does not know it; but nothing that it commits is taken. */
function checkCommit(state: PartitionState, event: MemberEvent): Anomaly[] {
  const { group, member, partition, offset, atMs } = event
  state.committed = Math.max(state.committed, offset)
  const own = state.owners.get(member)
  const later = [...state.owners.values()].find(
    (other) =>
      other.member !== member &&
      other.sinceMs > (own?.sinceMs ?? 0) &&
      atMs - other.sinceMs > answerMsMax,
  )
  if (later === undefined) return []
  const detail =
    `member ${member} of ${group} committed ${offset} at ${atMs} ms, ` +
    `member ${later.member} owns it since ${later.sinceMs} ms`
  return [{ kind: 'two owners', partition, detail }]
}
