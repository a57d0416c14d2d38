// What the members of a consumer group said, and what must hold of it: a partition has one live
// owner at a time, committed offsets never go back, a member reads on where the group had come to,
// and nothing is left out. Pure; times are those of the members, all on one machine.

export type OwnedPartition = number

export type GroupEvent =
  | { type: 'assigned' | 'revoked'; member: string; atMs: number; partitions: readonly number[] }
  | {
      type: 'consumed'
      member: string
      atMs: number
      partition: number
      minOffset: number
      maxOffset: number
    }
  | { type: 'committed'; member: string; atMs: number; partition: number; offset: number }
  | { type: 'commitFailed'; member: string; atMs: number; error: string }
  | { type: 'gone'; member: string; atMs: number }

/** What is wrong with the history, in words; nothing when all is well. */
export function wrongWith(history: readonly GroupEvent[]): string[] {
  // Events of one moment stay in the order that they came in.
  const ordered = [...history].sort((a, b) => a.atMs - b.atMs)
  return [...sharedPartitions(ordered), ...commitsThatWentBack(ordered), ...skips(ordered)]
}

interface Ownership {
  readonly member: string
  readonly partition: number
  readonly fromMs: number
  untilMs: number
}

/** From being assigned to being revoked, or to the end of the member. */
function ownerships(history: readonly GroupEvent[]): Ownership[] {
  const all: Ownership[] = []
  const open = new Map<string, Ownership>()
  const end = (member: string, partition: number, atMs: number) => {
    const owned = open.get(`${member}/${partition}`)
    if (owned !== undefined) owned.untilMs = atMs
    open.delete(`${member}/${partition}`)
  }
  for (const event of history) {
    const { member, atMs } = event
    if (event.type === 'assigned') {
      for (const partition of event.partitions) {
        const owned = { member, partition, fromMs: atMs, untilMs: Number.POSITIVE_INFINITY }
        all.push(owned)
        open.set(`${member}/${partition}`, owned)
      }
    } else if (event.type === 'revoked') {
      for (const partition of event.partitions) end(member, partition, atMs)
    } else if (event.type === 'gone') {
      for (const owned of open.values()) {
        if (owned.member === member) end(member, owned.partition, atMs)
      }
    }
  }
  return all
}

function sharedPartitions(history: readonly GroupEvent[]): string[] {
  const wrong: string[] = []
  const last = new Map<number, Ownership>()
  for (const owned of ownerships(history)) {
    const before = last.get(owned.partition)
    if (before !== undefined && before.untilMs > owned.fromMs) {
      const ms = Math.min(before.untilMs, owned.untilMs) - owned.fromMs
      wrong.push(
        `partition ${owned.partition} was given to ${owned.member} while ${before.member} had it, ` +
          `at ${owned.fromMs} for ${ms} ms`,
      )
    }
    if (before === undefined || owned.untilMs >= before.untilMs) last.set(owned.partition, owned)
  }
  return wrong
}

function commitsThatWentBack(history: readonly GroupEvent[]): string[] {
  const wrong: string[] = []
  const committed = new Map<number, number>()
  for (const event of history) {
    if (event.type !== 'committed') continue
    const before = committed.get(event.partition) ?? 0
    if (event.offset < before) {
      wrong.push(
        `partition ${event.partition} was committed at ${before} and then at ${event.offset} ` +
          `by ${event.member} at ${event.atMs}`,
      )
    }
    committed.set(event.partition, event.offset)
  }
  return wrong
}

/** A partition is read without a gap by whoever has it; what was read twice is no fault. */
function skips(history: readonly GroupEvent[]): string[] {
  const wrong: string[] = []
  const read = new Map<number, number>()
  for (const event of history) {
    if (event.type !== 'consumed') continue
    const next = read.get(event.partition) ?? 0
    if (event.minOffset > next) {
      wrong.push(
        `partition ${event.partition}: ${event.member} read on at ${event.minOffset} where ` +
          `the group had come to ${next}, at ${event.atMs}`,
      )
    }
    read.set(event.partition, Math.max(next, event.maxOffset + 1))
  }
  return wrong
}

/** The next offset of each partition that nobody has read. */
export function readUpTo(history: readonly GroupEvent[]): Map<number, number> {
  const read = new Map<number, number>()
  for (const event of history) {
    if (event.type !== 'consumed') continue
    const before = read.get(event.partition) ?? 0
    read.set(event.partition, Math.max(before, event.maxOffset + 1))
  }
  return read
}

/** The last commit of each partition. */
export function committedUpTo(history: readonly GroupEvent[]): Map<number, number> {
  const committed = new Map<number, number>()
  for (const event of history) {
    if (event.type === 'committed') committed.set(event.partition, event.offset)
  }
  return committed
}
