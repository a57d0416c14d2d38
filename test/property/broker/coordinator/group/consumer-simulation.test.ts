// Groups of the consumer protocol under random joins, leaves, deaths, restarts of the coordinator,
// refused writes and changing topics: a partition has one owner at a time, epochs never go back,
// the records hold all there is, and a group that is left in peace converges.

import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { isReconciled } from '../../../../../broker/coordinator/group/consumer/consumer-member.ts'
import { TestMember, topicsNamed } from '../../../../support/consumer-member.ts'
import { GroupDriver } from '../../../../support/group-driver.ts'

const memberCount = 5
const sessionMs = 45_000

type Move =
  | { readonly type: 'beat' | 'leave' | 'pause' | 'die'; readonly member: number }
  | { readonly type: 'subscribe'; readonly member: number; readonly topics: readonly string[] }
  | { readonly type: 'restart' | 'grow' | 'refuse' }
  | { readonly type: 'wait'; readonly ms: number }

const memberIndex = fc.nat({ max: memberCount - 1 })
const topicNames = fc.subarray(['t', 'u', 'v'], { minLength: 1 })

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ type: fc.constant('beat' as const), member: memberIndex }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom('leave' as const, 'pause' as const, 'die' as const),
      member: memberIndex,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('subscribe' as const),
      member: memberIndex,
      topics: topicNames,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constantFrom('restart' as const, 'grow' as const, 'refuse' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.nat({ max: 20_000 }) }),
  },
)

class Simulation {
  readonly driver = new GroupDriver()
  readonly members: TestMember[]
  /** When each was last heard of: a member that is not for its session gives its partitions up. */
  readonly #heardMs: number[]
  readonly #epochs = new Map<string, number>()
  #size = 2

  constructor(assignor: string) {
    this.driver.topics = topicsNamed({ t: 4, u: 2, v: 3 })
    this.#heardMs = Array.from({ length: memberCount }, () => 0)
    this.members = Array.from({ length: memberCount }, (_, index) => {
      const instance = index >= 3 ? { instanceId: `i${index}` } : {}
      return new TestMember(this.driver, `m${index}`, { topics: ['t', 'u'], assignor, ...instance })
    })
  }

  make(next: Move): void {
    switch (next.type) {
      case 'beat':
        this.#beat(next.member)
        break
      case 'leave':
        this.#member(next.member).leave()
        break
      case 'pause':
        // A static member that leaves for a while lets go of its partitions on its side.
        this.#member(next.member).leave(next.member >= 3 ? -2 : -1)
        break
      case 'die':
        this.#member(next.member).die()
        break
      case 'subscribe':
        this.#member(next.member).subscribe(next.topics)
        break
      case 'restart':
        this.driver.restart()
        break
      case 'grow':
        this.#size++
        this.driver.topics = topicsNamed({ t: 2 + this.#size, u: 2, v: 3 }, this.#size)
        break
      case 'refuse':
        this.#refuse()
        break
      case 'wait':
        this.#wait(next.ms)
    }
    this.check()
  }

  /** Long enough for a static member that died to be given up. */
  settle(): void {
    for (let round = 0; round < 18; round++) {
      for (const index of this.members.keys()) this.#beat(index)
      this.#wait(4_000)
      this.check()
    }
  }

  #member(index: number): TestMember {
    const member = this.members[index]
    if (member === undefined) throw new Error(`no member ${index}`)
    return member
  }

  #beat(index: number): void {
    const member = this.#member(index)
    member.beat()
    this.#heardMs[index] = this.driver.nowMs
  }

  /** Two members beat while nothing gets to the log, and then it refuses. */
  #refuse(): void {
    this.driver.holdWrites = true
    this.#beat(0)
    this.#beat(1)
    this.driver.holdWrites = false
    while (this.driver.held.length > 0) this.driver.endWrite('NOT_ENOUGH_REPLICAS')
    for (const member of this.members) member.receive()
  }

  #wait(ms: number): void {
    this.driver.advance(ms)
    for (const [index, member] of this.members.entries()) {
      const silentMs = this.driver.nowMs - (this.#heardMs[index] ?? 0)
      // As a client that cannot reach its coordinator does.
      if (silentMs >= sessionMs) member.die()
    }
  }

  check(): void {
    const owners = new Map<string, string>()
    for (const member of this.members) {
      for (const place of member.owned) {
        expect(owners.get(place), `${place} of ${member.memberId}`).toBeUndefined()
        owners.set(place, member.memberId)
      }
    }
    const group = this.driver.shard.state.groups.get('g')
    if (group?.type !== 'consumer') return
    for (const [key, epoch] of [
      ['group', group.groupEpoch],
      ['target', group.assignmentEpoch],
    ] as const) {
      expect(epoch).toBeGreaterThanOrEqual(this.#epochs.get(key) ?? 0)
      this.#epochs.set(key, epoch)
    }
    expect(group.assignmentEpoch).toBeLessThanOrEqual(group.groupEpoch)
    this.#checkReload()
  }

  #checkReload(): void {
    const before = projection(this.driver)
    const copy = new GroupDriver()
    copy.log.push(...this.driver.log)
    copy.restart()
    expect(projection(copy)).toEqual(before)
  }
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}

function projection({ shard }: GroupDriver): unknown {
  const group = shard.state.groups.get('g')
  if (group?.type !== 'consumer') return undefined
  const { groupEpoch, assignmentEpoch, metadataHash } = group
  const sorted = <V>(map: ReadonlyMap<string, V>) => new Map([...map].sort(byKey))
  return {
    groupEpoch,
    assignmentEpoch,
    metadataHash,
    members: sorted(group.members),
    targets: sorted(group.targets),
    staticMembers: sorted(group.staticMembers),
  }
}

it.each(['uniform', 'range'])('one owner at a time, and everything assigned: %s', (assignor) => {
  const moves = fc.array(move, { maxLength: 60 })
  fc.assert(
    fc.property(moves, (made) => {
      const simulation = new Simulation(assignor)
      for (const each of made) simulation.make(each)
      simulation.settle()
      const group = simulation.driver.shard.state.groups.get('g')
      if (group?.type !== 'consumer') throw new Error('the group is gone')
      expect(group.state).toBe('Stable')
      const live = simulation.members.filter(({ epoch }) => epoch > 0)
      expect(live).toHaveLength(memberCount)
      for (const { memberId } of live) {
        const member = group.members.get(memberId)
        if (member === undefined) throw new Error(`${memberId} is not in the group`)
        expect(isReconciled(member, group.assignmentEpoch)).toBe(true)
      }
    }),
    { numRuns: 60 },
  )
})
