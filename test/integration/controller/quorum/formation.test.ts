// How a quorum comes to be: founded once, by one node, when nobody has one; never anew beside one
// that is there.

import { afterEach, describe, expect, it } from 'vitest'
import { type Member, QuorumCluster, until } from '../../../support/controller/quorum-cluster.ts'

let cluster: QuorumCluster | null = null
let ports = 31_300

async function create(voterCount: number): Promise<QuorumCluster> {
  ports += 20
  cluster = await QuorumCluster.create(ports, voterCount)
  return cluster
}

afterEach(async () => {
  await cluster?.close()
  cluster = null
})

function founders(quorum: QuorumCluster): number[] {
  return quorum.members
    .filter(({ events }) => events.includes('founding'))
    .map(({ nodeId }) => nodeId)
}

function isVoter(quorum: QuorumCluster, { nodeId, directoryId }: Member): boolean {
  const voters = quorum.leader?.running.status().voters ?? []
  return voters.some((each) => each.replicaId === nodeId && each.directoryId === directoryId)
}

describe('a quorum is founded', () => {
  it('only when every configured voter has said that it has none', async () => {
    const quorum = await create(3)
    const [one, two, three] = [quorum.member(1), quorum.member(2), quorum.member(3)]
    await quorum.start(one)
    await quorum.start(two)
    await until('the founder has asked again and again', () => two.askedCount > 4)
    expect(founders(quorum)).toEqual([])
    await quorum.start(three)
    await until('all vote', () => quorum.members.every((member) => isVoter(quorum, member)))
    expect(founders(quorum)).toEqual([1])
  })

  it('and completed by the founder after it had died in between', async () => {
    const quorum = await create(3)
    const founder = quorum.member(1)
    // As far as it got before it died: the only voter of its own quorum.
    await quorum.start(founder, { voters: [quorum.voterOf(1)] })
    await quorum.append('early')
    await founder.kill()
    await Promise.all(quorum.members.map((member) => quorum.start(member)))
    await until('all vote', () => quorum.members.every((member) => isVoter(quorum, member)))
    await until('all have it', () =>
      quorum.members.every(({ recorder }) => recorder.texts.join() === 'early'),
    )
  })
})

describe('a node whose disk was lost', () => {
  it('founds nothing beside a quorum that is there, though it has the lowest id', async () => {
    const quorum = await create(3)
    await quorum.form()
    await quorum.append('kept')
    await quorum.member(1).kill()
    await quorum.untilLeader()
    const wiped = quorum.addMember(1, 'b')
    await quorum.start(wiped)
    await until('it waits', () => wiped.events.includes('waiting'))
    expect(wiped.events).not.toContain('founding')
    expect(isVoter(quorum, wiped)).toBe(false)
    await quorum.append('after')
  })

  it('waits for the others where none answers', async () => {
    const quorum = await create(3)
    await quorum.form()
    for (const member of quorum.members) await member.kill()
    const wiped = quorum.addMember(1, 'b')
    await quorum.start(wiped)
    const one = quorum.member(2)
    await quorum.start(one)
    // The first of them to answer has a log: that is enough to know.
    await until('it waits', () => wiped.events.includes('waiting'))
    expect(wiped.events).not.toContain('founding')
  })

  it('replaces its former self when it may join by itself', async () => {
    const quorum = await create(3)
    await quorum.form()
    await quorum.append('kept')
    const former = quorum.member(1)
    await former.kill()
    await quorum.untilLeader()
    const wiped = quorum.addMember(1, 'b')
    await quorum.start(wiped, { autoJoin: true })
    await until('it votes', () => isVoter(quorum, wiped))
    expect(isVoter(quorum, former)).toBe(false)
    await until('it has all', () => wiped.recorder.texts.join() === 'kept')
  })
})

describe('a voter that was removed while it was down', () => {
  it('comes back as a voter when it may join by itself', async () => {
    const quorum = await create(3)
    const leader = await quorum.form()
    const absent = quorum.members.find((member) => member !== leader) ?? leader
    await absent.kill()
    const { nodeId, directoryId } = absent
    await leader.running.removeVoter({ nodeId, directoryId })
    expect(isVoter(quorum, absent)).toBe(false)
    await quorum.append('meanwhile')
    await quorum.start(absent, { autoJoin: true })
    await until('it votes', () => isVoter(quorum, absent))
    await until('it has all', () => absent.recorder.texts.join() === 'meanwhile')
  })
})

describe('the quorum refuses', () => {
  it('a second voter of a node, one that is none to remove, and to lose its last', async () => {
    const quorum = await create(1)
    const { running } = await quorum.form()
    const [nodeId, directoryId, endpoints] = [1, 'b', []]
    const duplicate = running.addVoter({ nodeId, directoryId, endpoints })
    await expect(duplicate).rejects.toMatchObject({ kafkaError: 'DUPLICATE_VOTER' })
    const stranger = running.removeVoter({ nodeId, directoryId })
    await expect(stranger).rejects.toMatchObject({ kafkaError: 'VOTER_NOT_FOUND' })
    const last = running.removeVoter({ nodeId, directoryId: 'a' })
    await expect(last).rejects.toMatchObject({ kafkaError: 'INVALID_REQUEST' })
    const nobody = running.transferLeadership(null)
    await expect(nobody).rejects.toMatchObject({ kafkaError: 'ELIGIBLE_LEADERS_NOT_AVAILABLE' })
  })

  it('a change by one that does not lead', async () => {
    const quorum = await create(3)
    const leader = await quorum.form()
    const follower = quorum.members.find((member) => member !== leader) ?? leader
    const removal = follower.running.removeVoter({ nodeId: 3, directoryId: 'a' })
    await expect(removal).rejects.toMatchObject({ kafkaError: 'NOT_CONTROLLER' })
  })
})

describe('leadership', () => {
  it('is handed to whom it is wanted at, in one step', async () => {
    const quorum = await create(3)
    const leader = await quorum.form()
    await quorum.append('before')
    const heir = quorum.members.find((member) => member !== leader) ?? leader
    await leader.running.transferLeadership(heir.nodeId)
    await until('the heir leads', () => heir.leads)
    expect(leader.leads).toBe(false)
    expect(heir.recorder.texts).toEqual(['before'])
    expect(heir.recorder.leader.epoch).toBe(2)
  })

  it('is described with what each voter has, and when it had it', async () => {
    const quorum = await create(3)
    const leader = await quorum.form()
    await quorum.append('a', 'b')
    const status = await until('all are level', () => {
      const now = leader.running.status()
      return now.voters.every(({ logEndOffset }) => logEndOffset === 2) ? now : null
    })
    expect(status).toMatchObject({ leaderId: leader.nodeId, epoch: 1, highWatermark: 2 })
    for (const { lastFetchTimestampMs, lastCaughtUpTimestampMs } of status.voters) {
      expect(Date.now() - lastFetchTimestampMs).toBeLessThan(5_000)
      expect(Date.now() - lastCaughtUpTimestampMs).toBeLessThan(5_000)
    }
  })
})

describe('a snapshot', () => {
  it('takes the place of the log, here and on a voter that was away for long', async () => {
    const quorum = await create(3)
    const leader = await quorum.form()
    const away = quorum.members.find((member) => member !== leader) ?? leader
    await away.kill()
    for (let count = 0; count < 1_500; count += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, at) => quorum.append(`t${count + at}`)))
    }
    await leader.running.writeSnapshot(leader.recorder.snapshot())
    await quorum.append('behind it')
    await quorum.start(away)
    await until('it has all', () => away.recorder.texts.length === 1_501)
    expect(away.recorder.texts).toEqual(leader.recorder.texts)
    expect(away.recorder.lastOffset).toBe(leader.recorder.lastOffset)
    await leader.kill()
    await quorum.start(leader)
    await until('the other has all again', () => leader.recorder.texts.length === 1_501)
    expect(await quorum.append('last')).toBe(1_501)
  })
})
