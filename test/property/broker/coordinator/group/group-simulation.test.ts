// A group under random joins, leaves, deaths, slow clients, refused and lost writes and crashes,
// with what must hold checked after each step: one owner for a partition in a generation, offsets
// that move by commits only, a reload that changes nothing, an answer for every request, no waiting
// without end.

import {
  type Arbitrary,
  array,
  assert,
  constant,
  constantFrom,
  nat,
  oneof,
  property,
  record,
} from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ClassicGroup } from '../../../../../broker/coordinator/group/classic/classic-group.ts'
import {
  type ClassicMember,
  metadataFor,
} from '../../../../../broker/coordinator/group/classic/classic-member.ts'
import { GroupShard } from '../../../../../broker/coordinator/group/group-shard.ts'
import { GroupDriver } from '../../../../support/group-driver.ts'
import { clientCount, GroupClient, partitionCount } from './group-clients.ts'

/** Mostly sound behaviour, or hardly a generation would ever come about. */
const moveType = oneof(
  { weight: 14, arbitrary: constant('tick') },
  { weight: 3, arbitrary: constant('commit') },
  { weight: 2, arbitrary: constant('endWrite') },
  {
    weight: 14,
    arbitrary: constantFrom(
      'join',
      'sync',
      'heartbeat',
      'leave',
      'restartClient',
      'advance',
      'holdWrites',
      'refuseWrite',
      'loseAnswer',
      'crash',
      'deleteOffsets',
      'deleteGroup',
      'wild',
    ),
  },
)

/** One step of the simulation. `who` and `value` mean what each makes of them. */
const move = record({
  type: moveType,
  who: nat({ max: clientCount - 1 }),
  value: nat({ max: 99 }),
})

type Move = typeof move extends Arbitrary<infer M> ? M : never

const advancesMs = [1, 100, 1_000, 3_000, 5_000, 10_000, 30_000, 60_000]

interface Commit {
  readonly key: string
  readonly offset: number
}

class Simulation {
  readonly driver = new GroupDriver()
  readonly clients = Array.from({ length: clientCount }, (_, i) => new GroupClient(i, this.driver))
  /** Who was given a partition in a generation: 'generation partition' to owner. */
  readonly #owners = new Map<string, string>()
  #lastGenerationId = 0
  /** Commits and removals that wait for their answer. */
  readonly #commits = new Map<number, Commit>()
  readonly #removals = new Set<number>()
  /** Commits that were refused and may be in the log all the same. */
  #doubtful: Commit[] = []
  /** Whether log and shard may differ until the next crash, because a write was refused. */
  #isInDoubt = false

  make(next: Move): void {
    const before = this.#offsets()
    this.#play(next)
    this.#receive()
    this.#checkOffsets(before, next.type === 'crash')
    const group = this.driver.shard.state.classicGroup('g')
    if (group !== undefined) checkGroup(group, this.driver.nowMs)
    if (this.driver.held.length === 0 && !this.#isInDoubt) checkReload(this.driver)
  }

  /**
   * All clients behave and the log works: the group must come to rest, and nobody be left waiting.
   */
  comeToRest(): void {
    const { driver } = this
    driver.holdWrites = false
    while (driver.held.length > 0) driver.endWrite()
    for (let second = 0; second < 200; second++) this.#tick()
    expect(driver.waiting).toEqual([])
    const group = driver.shard.state.classicGroup('g')
    expect(group?.state).toBe('Stable')
    expect(group?.members.size).toBe(clientCount)
    if (!this.#isInDoubt) checkReload(driver)
  }

  /** Clients do what consumers do, and a second passes. Some may be slow and miss it. */
  #tick(missing = 0): void {
    for (const [index, client] of this.clients.entries()) {
      if (missing % 7 === index + 1) continue
      client.carryOn()
      this.#receive()
    }
    this.driver.advance(1_000)
    this.#receive()
  }

  #play({ type, who, value }: Move): void {
    const { driver } = this
    const client = this.clients[who]
    if (client === undefined) throw new Error('no such client')
    switch (type) {
      case 'tick':
        return this.#tick(value)
      case 'join':
        return client.join(value % 2)
      case 'sync':
        return client.sync()
      case 'heartbeat':
        return client.heartbeat()
      case 'commit': {
        const commit = { key: `t-${value % partitionCount}`, offset: value }
        this.#commits.set(client.commit(commit.key, commit.offset), commit)
        return undefined
      }
      case 'leave':
        return client.leave()
      case 'restartClient':
        return client.restart()
      case 'advance':
        return driver.advance(advancesMs[value % advancesMs.length] ?? 1)
      case 'deleteOffsets':
        this.#removals.add(driver.deleteOffsets([`t-${value % partitionCount}`]))
        return undefined
      case 'deleteGroup':
        this.#removals.add(driver.deleteGroup())
        return undefined
      case 'wild':
        return this.#wildRequest(value)
      default:
        return this.#breakSomething(type)
    }
  }

  #breakSomething(type: 'holdWrites' | 'endWrite' | 'refuseWrite' | 'loseAnswer' | 'crash'): void {
    const { driver } = this
    if (type === 'holdWrites') {
      driver.holdWrites = true
    } else if (type === 'crash') {
      this.#crash()
    } else if (driver.held.length === 0) {
      driver.holdWrites = false
    } else if (type === 'endWrite') {
      driver.endWrite()
    } else if (type === 'refuseWrite') {
      // What nobody waits for is not written again: after a crash the generation before comes back.
      const after = driver.shard.state.writes.get(driver.held[0]?.writeId ?? -1)?.after
      this.#isInDoubt ||= after?.type === 'groupStored'
      driver.endWrite('NOT_ENOUGH_REPLICAS')
    } else if (driver.held[0]?.records.every(({ value }) => value !== null) === true) {
      // The write is in the log, but the coordinator is told that it failed. Not for removals:
      // those are tried again.
      this.#isInDoubt = true
      driver.endWrite('REQUEST_TIMED_OUT', { appended: true })
    }
  }

  #crash(): void {
    this.driver.restart()
    this.#lastGenerationId = 0
    for (const client of this.clients) client.lose()
    this.#commits.clear()
    this.#removals.clear()
    this.#isInDoubt = false
  }

  /** Requests that no sound client sends: ids and generations of others, or of nobody. */
  #wildRequest(value: number): void {
    const { driver } = this
    const who = [`c${value % clientCount}`, 'nobody', ''][value % 3] ?? ''
    const memberId = driver.memberId(who)
    const generationId = (value % 5) - 1
    const groupInstanceId = value % 4 === 0 ? `i${value % clientCount}` : null
    switch (value % 5) {
      case 0:
        driver.join('wild', { memberId, groupInstanceId, version: 5 })
        return
      case 1:
        driver.heartbeat(who, generationId, groupInstanceId)
        return
      case 2:
        driver.leave(who, [{ memberId, groupInstanceId, reason: null }])
        return
      case 3: {
        const rest = { memberId, generationIdOrMemberEpoch: generationId }
        const commit = { key: 't-0', offset: value }
        this.#commits.set(driver.commit('wild', { 't-0': value }, rest), commit)
        return
      }
      default:
        driver.join('wild', { supports: [`p${value}`], protocolType: 'wild', version: 2 })
    }
  }

  #receive(): void {
    // A group that is made anew counts its generations anew.
    const group = this.driver.shard.state.classicGroup('g')
    if (group === undefined || group.generationId < this.#lastGenerationId) this.#owners.clear()
    this.#lastGenerationId = group?.generationId ?? 0
    for (const client of this.clients) {
      client.receive((generationId, owner, assignment) => {
        for (const partition of assignment.match(/\d/g) ?? []) {
          const key = `${generationId} ${partition}`
          const before = this.#owners.get(key) ?? owner
          expect(owner, `partition ${partition} of generation ${generationId}`).toBe(before)
          this.#owners.set(key, owner)
        }
      })
    }
  }

  #offsets(): Map<string, number> {
    const words = this.driver.committed().map((word) => word.split('='))
    return new Map(words.map(([key = '', offset]) => [key, Number(offset)]))
  }

  /** An offset changes by a commit or a removal that was just answered, and by nothing else. */
  #checkOffsets(before: ReadonlyMap<string, number>, afterCrash: boolean): void {
    const { responses } = this.driver
    const explained: Commit[] = afterCrash ? this.#doubtful : []
    for (const [token, commit] of this.#commits) {
      if (!responses.has(token)) continue
      this.#commits.delete(token)
      const answer = responses.get(token) as {
        topics: { partitions: { errorCode: number }[] }[]
      }
      if (answer.topics[0]?.partitions[0]?.errorCode === 0) explained.push(commit)
      else this.#doubtful.push(commit)
    }
    const removed = [...this.#removals].some((token) => responses.has(token))
    for (const token of this.#removals) if (responses.has(token)) this.#removals.delete(token)
    const after = this.#offsets()
    for (const key of new Set([...before.keys(), ...after.keys()])) {
      const offset = after.get(key)
      if (offset === before.get(key)) continue
      if (offset === undefined) expect(removed, `${key} was removed`).toBe(true)
      else expect(explained, `of ${key}`).toContainEqual({ key, offset })
    }
    for (const { key, offset } of afterCrash ? [] : explained) {
      if (removed) continue
      const last = explained.findLast((commit) => commit.key === key)
      if (last?.offset === offset) expect(after.get(key)).toBe(offset)
    }
    if (afterCrash) this.#doubtful = []
  }
}

/** What holds of a group at any time. */
function checkGroup(group: ClassicGroup, nowMs: number): void {
  const members = [...group.members.values()]
  const joined = members.filter(({ awaitingJoin }) => awaitingJoin !== null)
  expect(group.awaitingJoinCount).toBe(joined.length)
  expect(group.leaderId === null).toBe(members.length === 0)
  if (group.leaderId !== null) expect(group.members.has(group.leaderId)).toBe(true)
  for (const memberId of group.pendingSync) expect(group.members.has(memberId)).toBe(true)
  const instances = members.filter(({ groupInstanceId }) => groupInstanceId !== null)
  expect(new Map(instances.map((m) => [m.groupInstanceId, m.memberId]))).toEqual(
    group.staticMembers,
  )
  if (group.state === 'Empty') expect(members).toEqual([])
  // Nothing waits without a time at which the waiting ends.
  const deadlines = members.map(({ deadlineMs }) => deadlineMs)
  if (group.state === 'PreparingRebalance') {
    expect(group.joinPhase).not.toBeNull()
    deadlines.push(group.joinPhase?.deadlineMs ?? Number.POSITIVE_INFINITY)
  } else {
    expect(group.joinPhase).toBeNull()
  }
  if (group.pendingSync.size > 0) expect(group.syncDeadlineMs).toBeLessThan(Infinity)
  deadlines.push(group.syncDeadlineMs, ...group.pendingMembers.values())
  if (group.state !== 'CompletingRebalance') {
    expect(members.filter(({ awaitingSync }) => awaitingSync !== null)).toEqual([])
  }
  if (group.deletionWriteId === null) {
    expect(Math.min(...deadlines)).toBeGreaterThan(nowMs)
    expect(group.timerAtMs).toBeLessThanOrEqual(Math.min(...deadlines))
  }
}

function byMemberId(a: ClassicMember, b: ClassicMember): number {
  return a.memberId < b.memberId ? -1 : 1
}

/** The part of a shard that must be the same after a restart. */
function projection(shard: GroupShard): unknown {
  const groups = [...shard.state.groups.values()]
    .filter((group) => group.type === 'classic')
    .filter(({ state, persisted }) => persisted && (state === 'Stable' || state === 'Empty'))
    .map((group) => ({
      groupId: group.groupId,
      state: group.state,
      generationId: group.generationId,
      protocolType: group.protocolType,
      protocolName: group.protocolName,
      leaderId: group.leaderId,
      emptySinceMs: group.state === 'Empty' ? group.stateTimestampMs : null,
      subscribedTopics: group.subscribedTopics,
      // Their order means nothing, and changes when a replaced member gets its place back.
      members: [...group.members.values()].sort(byMemberId).map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        sessionTimeoutMs: member.sessionTimeoutMs,
        rebalanceTimeoutMs: member.rebalanceTimeoutMs,
        metadata: metadataFor(member, group.protocolName),
        assignment: member.assignment,
      })),
    }))
  const offsets = [...shard.state.offsets].map(([groupId, group]) => [groupId, [...group.topics()]])
  return { groups, offsets }
}

function checkReload(driver: GroupDriver): void {
  const state = driver.shard.state.classicGroup('g')?.state
  // While a group rebalances, what is stored of it is the generation before.
  if (state === 'PreparingRebalance' || state === 'CompletingRebalance') return
  const again = new GroupShard()
  for (const record of driver.log) again.replay(record)
  expect(projection(again)).toEqual(projection(driver.shard))
}

/** More of them on demand: each finds its own way. A failing one prints how to replay it. */
const runs = Number(process.env['SAMSA_SIMULATION_RUNS'] ?? 150)

describe('a group under random joins, deaths, refused writes and crashes', () => {
  it('keeps its promises, and comes to rest when everybody behaves', () => {
    assert(
      property(array(move, { maxLength: 150, size: 'max' }), (moves) => {
        const simulation = new Simulation()
        for (const next of moves) simulation.make(next)
        simulation.comeToRest()
      }),
      { numRuns: runs },
    )
  }, 600_000)
})
