// Drivers on their files, whose power fails in the middle of any operation and whose logs rot one
// at a time. Whatever was acknowledged is there in the end, once, in order, everywhere; what was
// certainly refused is not.

import { NotLeaderError } from '@samsa/raft/driver/errors'
import { describe, expect, it } from 'vitest'
import { Cluster, type Member } from '../../unit/raft/driver/cluster.ts'
import { PowerFailure } from '../../unit/raft/driver/memory-directory.ts'
import { Random } from '../shared/random.ts'

class Life {
  readonly cluster: Cluster
  readonly #random: Random
  readonly acknowledged: string[] = []
  readonly refused = new Set<string>()
  readonly #underWay: Promise<void>[] = []
  #texts = 0
  heals = 0
  fullDisks = 0

  constructor(seed: number) {
    this.#random = new Random(seed)
    this.cluster = new Cluster(3, { seed, segmentBytesMax: 600 })
  }

  async run(rounds: number): Promise<void> {
    await this.cluster.startAll()
    for (let round = 0; round < rounds; round++) {
      await this.#happen()
      const steps = this.#random.integer(1, 20)
      for (let step = 0; step < steps; step++) await this.cluster.clock.advance()
      await this.#recover()
    }
    for (const { directory } of this.cluster.members) {
      directory.operationsLeft = Number.POSITIVE_INFINITY
      directory.roomBytes = Number.POSITIVE_INFINITY
    }
    await this.#recover(1)
    await this.cluster.untilLeader()
    await this.cluster.settled(Promise.all(this.#underWay))
  }

  async #happen(): Promise<void> {
    const random = this.#random
    const member = random.pick(this.cluster.members)
    const choice = random.integer(0, 11)
    if (choice <= 4) this.#propose()
    else if (choice === 5) this.cluster.isolate(member)
    else if (choice === 6) this.cluster.heal()
    else if (choice === 7) member.directory.operationsLeft = random.integer(0, 40)
    else if (choice === 8) this.#takeSnapshot(member)
    else if (choice === 9) member.directory.roomBytes = random.integer(0, 2_000)
    else if (choice === 10) this.#makeRoom()
    else await this.#rot(member)
  }

  #propose(): void {
    const { leader } = this.cluster
    if (leader === undefined) return
    const texts = Array.from({ length: this.#random.integer(1, 3) }, () => `text ${++this.#texts}`)
    const outcome = leader.running.propose(texts.map((text) => Buffer.from(text))).then(
      () => {
        this.acknowledged.push(...texts)
      },
      (error: unknown) => {
        if (error instanceof NotLeaderError) for (const text of texts) this.refused.add(text)
      },
    )
    this.#underWay.push(outcome)
  }

  #makeRoom(): void {
    for (const { directory, fullness } of this.cluster.members) {
      directory.roomBytes = Number.POSITIVE_INFINITY
      this.fullDisks += fullness.splice(0).filter((isFull) => isFull).length
    }
  }

  #takeSnapshot({ node, appliedIndex, texts }: Member): void {
    if (node === null) return
    // The power may fail meanwhile; the voter then says so itself.
    const taken = node.takeSnapshot(appliedIndex, [Buffer.from(JSON.stringify(texts))])
    void taken.catch(() => undefined)
  }

  /**
   * More than one damaged log at a time would prove nothing: two voters of three could lose the
   * same entry.
   */
  async #rot(member: Member): Promise<void> {
    const { members } = this.cluster
    const isWhole = ({ node, directory }: Member) =>
      node !== null &&
      node.status.damagedInTerm === null &&
      directory.operationsLeft === Number.POSITIVE_INFINITY &&
      directory.roomBytes === Number.POSITIVE_INFINITY
    const [name] = member.directory.names.filter((each) => each.endsWith('.log'))
    if (name === undefined || !members.every(isWhole)) return
    this.cluster.heal()
    await member.running.close()
    const at = this.#random.integer(0, member.directory.sizeOf(name) - 1)
    member.directory.flipBit(name, at)
    await this.cluster.start(member)
    this.heals += member.damage.length
    await this.cluster.until('it has healed', () => member.node?.status.damagedInTerm === null)
  }

  async #start(member: Member): Promise<void> {
    try {
      await this.cluster.start(member)
    } catch (error) {
      if (!(error instanceof PowerFailure)) throw error
      this.cluster.crash(member)
    }
  }

  async #recover(chance = 0.3): Promise<void> {
    for (const member of this.cluster.members) {
      if (member.faults.length > 0) {
        expect(member.faults.map(({ name }) => name)).toEqual(['PowerFailure'])
        member.faults = []
        this.cluster.crash(member)
      }
      if (member.node === null && this.#random.chance(chance)) await this.#start(member)
    }
    if (chance === 1) this.cluster.heal()
  }
}

const fresh = Math.floor(Math.random() * 1_000_000_000)

describe('drivers on failing disks', () => {
  it.each([1, 2, 3, 4, 5, 6, fresh])('keep what they acknowledged, seed %i', async (seed) => {
    const life = new Life(seed)
    const { cluster, acknowledged, refused } = life
    await life.run(60)
    const leader = await cluster.untilLeader()
    await cluster.propose(leader, 'end')
    await cluster.untilAllHave(leader.texts)
    await cluster.close()
    const { texts } = leader
    expect(new Set(texts).size).toBe(texts.length)
    const places = acknowledged.map((text) => texts.indexOf(text))
    expect(places).not.toContain(-1)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(texts.filter((text) => refused.has(text))).toEqual([])
    for (const member of cluster.members) expect(member.texts).toEqual(texts)
  })

  it('acknowledge and heal something in those lives, and fill disks', async () => {
    const lives = [new Life(1), new Life(2), new Life(3)]
    for (const life of lives) {
      await life.run(60)
      await life.cluster.close()
    }
    expect(lives.flatMap(({ acknowledged }) => acknowledged).length).toBeGreaterThan(30)
    expect(lives.reduce((sum, { heals }) => sum + heals, 0)).toBeGreaterThan(0)
    expect(lives.reduce((sum, { fullDisks }) => sum + fullDisks, 0)).toBeGreaterThan(0)
  })
})
