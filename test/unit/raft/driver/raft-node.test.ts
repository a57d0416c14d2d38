// A voter run by the driver: what is proposed, persisted, sent and applied.

import { NotLeaderError } from '@samsa/raft/driver/errors'
import { afterEach, describe, expect, it } from 'vitest'
import { Cluster, type Member } from './cluster.ts'

let cluster = new Cluster(1)

afterEach(() => cluster.close())

async function startCluster(...setup: ConstructorParameters<typeof Cluster>): Promise<Member> {
  cluster = new Cluster(...setup)
  await cluster.startAll()
  return cluster.untilLeader()
}

function followers(): Member[] {
  return cluster.members.filter((member) => member !== cluster.leader)
}

describe('a quorum of drivers', () => {
  it('commits what the leader is given, and applies it everywhere', async () => {
    const leader = await startCluster(3)
    await cluster.propose(leader, 'a', 'b')
    expect(leader.texts).toEqual(['a', 'b'])
    await cluster.propose(leader, 'c')
    await cluster.untilAllHave(['a', 'b', 'c'])
  })

  it('refers to the leader', async () => {
    const leader = await startCluster(3)
    const [follower] = followers()
    if (follower === undefined) throw new Error('there is a follower')
    const error = await cluster.propose(follower, 'x').catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(NotLeaderError)
    expect((error as NotLeaderError).leader).toBe(leader.id)
    const read = await cluster.settled(follower.running.read())
    expect(read).toMatchObject({ status: 'rejected', reason: { name: 'NotLeaderError' } })
  })

  it('writes what comes together with one sync', async () => {
    const leader = await startCluster(3)
    const before = leader.directory.operations
    const texts = Array.from({ length: 50 }, (_, at) => `${at}`)
    await Promise.all(texts.map((text) => cluster.propose(leader, text)))
    expect(leader.texts).toEqual(texts)
    expect(leader.directory.operations - before).toBeLessThan(20)
  })

  it('goes on without its leader, which finds everything when it is back', async () => {
    const first = await startCluster(3)
    await cluster.propose(first, 'a')
    cluster.crash(first)
    const second = await cluster.untilLeader()
    expect(second).not.toBe(first)
    await cluster.propose(second, 'b')
    await cluster.start(first)
    await cluster.untilAllHave(['a', 'b'])
  })

  it('loses nothing that was acknowledged when all lose power at once', async () => {
    const leader = await startCluster(3)
    await cluster.propose(leader, 'a', 'b', 'c')
    for (const member of cluster.members) cluster.crash(member)
    await cluster.startAll()
    await cluster.untilLeader()
    await cluster.untilAllHave(['a', 'b', 'c'])
  })

  it('says what became of a proposal that a leader took with it', async () => {
    const leader = await startCluster(3)
    cluster.isolate(leader)
    const lost = cluster.settled(leader.running.propose([Buffer.from('lost')]))
    await expect(lost).resolves.toMatchObject({ reason: { name: 'LostLeadershipError' } })
    await cluster.untilLeader()
    cluster.heal()
    await cluster.propose(await cluster.untilLeader(), 'kept')
    await cluster.untilAllHave(['kept'])
  })

  it('takes a proposal only in the term it was meant for', async () => {
    const leader = await startCluster(3)
    const { term } = leader.running.status
    const stale = await cluster.settled(leader.running.propose([Buffer.from('x')], term - 1))
    expect(stale).toMatchObject({ reason: { name: 'NotLeaderError' } })
    const current = await cluster.settled(leader.running.propose([Buffer.from('y')], term))
    expect(current.status).toBe('fulfilled')
  })

  it('answers reads at what is applied', async () => {
    const leader = await startCluster(3)
    await cluster.propose(leader, 'a')
    const result = await cluster.settled(leader.running.read())
    expect(result).toEqual({ status: 'fulfilled', value: leader.appliedIndex })
  })

  it('hands leadership over', async () => {
    const leader = await startCluster(3)
    const [to] = followers()
    if (to === undefined) throw new Error('there is a follower')
    const result = await cluster.settled(leader.running.transferLeadership(to.id))
    expect(result.status).toBe('fulfilled')
    await cluster.until('the other leads', () => to.node?.status.role === 'leader')
    const refused = await cluster.settled(leader.running.transferLeadership())
    expect(refused).toMatchObject({ reason: { name: 'RefusedError' } })
  })
})

describe('the quorum', () => {
  it('grows, and goes on without one of its founders', async () => {
    const leader = await startCluster(1)
    for (const text of ['a', 'b']) await cluster.propose(leader, text)
    const newcomers = [cluster.addMember(), cluster.addMember()]
    for (const newcomer of newcomers) await cluster.start(newcomer)
    const ids = newcomers.map(({ id }) => id)
    const early = await cluster.settled(leader.running.changeMembership([leader.id, ...ids], []))
    expect(early).toMatchObject({ reason: { reason: 'notCaughtUp' } })
    await cluster.settled(leader.running.changeMembership([leader.id], ids))
    await cluster.untilAllHave(['a', 'b'])
    const grown = await cluster.settled(leader.running.changeMembership([leader.id, ...ids], []))
    expect(grown.status).toBe('fulfilled')
    const shrunk = await cluster.settled(leader.running.changeMembership(ids, []))
    expect(shrunk.status).toBe('fulfilled')
    cluster.crash(leader)
    const next = await cluster.untilLeader()
    expect(ids).toContain(next.id)
    await cluster.propose(next, 'c')
    await cluster.untilAllHave(['a', 'b', 'c'])
  })
})

describe('a snapshot', () => {
  async function takeSnapshots(): Promise<void> {
    for (const { node, appliedIndex, texts } of cluster.members) {
      if (node === null) continue
      const taken = node.takeSnapshot(appliedIndex, [Buffer.from(JSON.stringify(texts))])
      await cluster.settled(taken)
    }
  }

  it('frees the log, and is what a start begins with', async () => {
    const leader = await startCluster(3, { segmentBytesMax: 500 })
    const texts = Array.from({ length: 40 }, (_, at) => `text ${at}`)
    for (const text of texts) await cluster.propose(leader, text)
    await cluster.untilAllHave(texts)
    await takeSnapshots()
    await cluster.until('the log is short', () => leader.running.status.firstIndex > 30)
    const logs = () => leader.directory.names.filter((name) => name.endsWith('.log'))
    await cluster.until('and its files are few', () => logs().length <= 3)
    for (const member of cluster.members) cluster.crash(member)
    await cluster.startAll()
    await cluster.propose(await cluster.untilLeader(), 'more')
    await cluster.untilAllHave([...texts, 'more'])
  })

  it('does not keep the only voter from leading at once', async () => {
    const only = await startCluster(1)
    await cluster.propose(only, 'a')
    await only.running.takeSnapshot(only.appliedIndex, [Buffer.from(JSON.stringify(only.texts))])
    await only.running.close()
    await cluster.start(only)
    const startedMs = cluster.clock.nowMs()
    await cluster.untilLeader()
    expect(cluster.clock.nowMs() - startedMs).toBeLessThan(100)
    expect(only.texts).toEqual(['a'])
  })

  it('brings a voter up to date that the log cannot', async () => {
    const leader = await startCluster(3)
    const [behind] = followers()
    if (behind === undefined) throw new Error('there is a follower')
    cluster.crash(behind)
    const texts = Array.from({ length: 40 }, (_, at) => `text ${at}`)
    for (const text of texts) await cluster.propose(leader, text)
    await takeSnapshots()
    await cluster.start(behind)
    await cluster.untilAllHave(texts)
    expect(behind.running.status.snapshot?.index).toBeGreaterThan(30)
    await cluster.propose(await cluster.untilLeader(), 'more')
    await cluster.untilAllHave([...texts, 'more'])
  })

  it('is not taken of what is in one already', async () => {
    const leader = await startCluster(1)
    await cluster.propose(leader, 'a')
    const take = () => leader.running.takeSnapshot(leader.appliedIndex, [Buffer.from('["a"]')])
    expect(await cluster.settled(take())).toMatchObject({ value: true })
    await cluster.until('it is known', () => leader.running.status.snapshot !== null)
    expect(await cluster.settled(take())).toMatchObject({ value: false })
  })
})

describe('a voter', () => {
  it('whose disk fails stops, acknowledges nothing, and leaves the others to go on', async () => {
    const leader = await startCluster(3)
    leader.directory.failsSync = true
    const result = await cluster.settled(leader.running.propose([Buffer.from('x')]))
    expect(result).toMatchObject({ reason: { name: 'LostLeadershipError' } })
    expect(leader.faults.map(String)).toEqual(['Error: EIO'])
    const late = await cluster.settled(leader.running.propose([Buffer.from('y')]))
    expect(late).toMatchObject({ reason: { name: 'LostLeadershipError' } })
    await leader.node?.close()
    leader.node = null
    const next = await cluster.untilLeader()
    await cluster.propose(next, 'z')
    const others = followers().filter((member) => member !== leader)
    await cluster.until('the rest agree', () => others.every(({ texts }) => texts.at(-1) === 'z'))
  })

  it('whose disk is full waits for room, while another leads', async () => {
    const leader = await startCluster(3)
    leader.directory.roomBytes = 40
    const proposal = cluster.settled(leader.running.propose([Buffer.from('x'.repeat(100))]))
    await cluster.until('another leads', () => {
      return cluster.leader !== leader && cluster.leader?.ready.length === 1
    })
    expect(leader.fullness).toEqual([true])
    const next = await cluster.untilLeader()
    await cluster.propose(next, 'y')
    const others = followers().filter((member) => member !== leader)
    await cluster.until('the rest agree', () => others.every(({ texts }) => texts.at(-1) === 'y'))
    expect(leader.texts).not.toContain('y')
    leader.directory.roomBytes = Number.POSITIVE_INFINITY
    await cluster.until('it has all', () => leader.texts.at(-1) === 'y')
    expect(leader.fullness).toEqual([true, false])
    expect(leader.faults).toEqual([])
    await proposal
  })

  it('that is the only one commits when there is room again, and is not confused by a kill', async () => {
    const only = await startCluster(1)
    await cluster.propose(only, 'before')
    only.directory.roomBytes = 70
    const waiting = cluster.settled(only.running.propose([Buffer.from('y'.repeat(100))]))
    await cluster.until('it is full', () => only.fullness.length === 1)
    expect(only.texts).toEqual(['before'])
    only.directory.roomBytes = Number.POSITIVE_INFINITY
    expect(await waiting).toMatchObject({ status: 'fulfilled' })
    only.directory.roomBytes = 70
    void cluster
      .settled(only.running.propose([Buffer.from('z'.repeat(100))]))
      .catch(() => undefined)
    await cluster.until('it is full again', () => only.fullness.at(-1) === true)
    await only.running.close()
    only.directory.roomBytes = Number.POSITIVE_INFINITY
    await cluster.start(only)
    expect(only.damage).toEqual([])
    await cluster.untilLeader()
    expect(only.texts).toEqual(['before', 'y'.repeat(100)])
  })

  it('whose log is damaged says so, heals from its peers, and votes again', async () => {
    const first = await startCluster(3)
    const texts = Array.from({ length: 10 }, (_, at) => `text ${at}`)
    for (const text of texts) await cluster.propose(first, text)
    await cluster.untilAllHave(texts)
    const [damaged, other] = followers()
    if (damaged === undefined || other === undefined) throw new Error('there are followers')
    await damaged.running.close()
    damaged.directory.flipBit('0000000000000001.log', 300)
    await cluster.start(damaged)
    expect(damaged.damage).toHaveLength(1)
    expect(damaged.running.status.last.index).toBeLessThan(10)
    await cluster.until('it has healed', () => damaged.running.status.damagedInTerm === null)
    await cluster.untilAllHave(texts)
    // Its vote is needed now.
    cluster.crash(other)
    await cluster.propose(await cluster.untilLeader(), 'more')
    expect(damaged.directory.names.some((name) => name.endsWith('.damaged'))).toBe(true)
  })

  it('that is the only one does not start from a damaged log', async () => {
    const leader = await startCluster(1)
    for (const text of ['a', 'b', 'c']) await cluster.propose(leader, text)
    await leader.running.close()
    const before = leader.directory.names
    leader.directory.flipBit('0000000000000001.log', 150)
    await expect(cluster.start(leader)).rejects.toThrow('the only voter cannot heal by itself')
    expect(leader.directory.names.filter((name) => name.endsWith('.log'))).toEqual(
      before.filter((name) => name.endsWith('.log')),
    )
  })

  it('stops when its listener fails, rather than go on with half a state', async () => {
    const leader = await startCluster(1)
    leader.texts.push = () => {
      throw new Error('no')
    }
    const result = await cluster.settled(leader.running.propose([Buffer.from('x')]))
    expect(result).toMatchObject({ reason: { name: 'LostLeadershipError' } })
    expect(leader.faults.map(String)).toEqual(['Error: no'])
  })

  it('closes once, and answers what is asked after that', async () => {
    const leader = await startCluster(1)
    await Promise.all([leader.running.close(), leader.running.close()])
    await expect(leader.running.read()).rejects.toThrow('the voter has stopped')
  })
})
