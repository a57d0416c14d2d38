// Controllers without a vote: they follow from the moment they start, are added by their number
// alone, and go on following when they are removed. A leader that is removed hands over first.

import type { RaftMetadataLog } from '@samsa/controller/quorum/raft-metadata-log'
import { afterEach, describe, expect, it } from 'vitest'
import { type Member, QuorumCluster, until } from '../../../support/controller/quorum-cluster.ts'

const timeoutMs = 60_000

let cluster: QuorumCluster | null = null
let ports = 23_100

async function create(voterCount: number): Promise<QuorumCluster> {
  ports += 20
  cluster = await QuorumCluster.create(ports, voterCount)
  return cluster
}

afterEach(async () => {
  await cluster?.close()
  cluster = null
})

/** Knows of nobody but the first node, and is started. */
async function newcomer(quorum: QuorumCluster, nodeId: number, directory = 'a'): Promise<Member> {
  const member = quorum.addMember(nodeId, directory)
  await quorum.start(member, { voters: [], bootstrapServers: [quorum.voterOf(1)] })
  return member
}

function statusOf(quorum: QuorumCluster) {
  return quorum.leader?.running.status()
}

function isObserver(quorum: QuorumCluster, { nodeId, directoryId }: Member): boolean {
  const observers = statusOf(quorum)?.observers ?? []
  return observers.some((each) => each.replicaId === nodeId && each.directoryId === directoryId)
}

function voterIds(quorum: QuorumCluster): number[] {
  return (statusOf(quorum)?.voters ?? [])
    .map(({ replicaId }) => replicaId)
    .toSorted((a, b) => a - b)
}

function follows(member: Member, text: string): boolean {
  return member.recorder.texts.includes(text)
}

/** By what its observer tells, without an address. */
async function add(quorum: QuorumCluster, { nodeId, directoryId }: Member): Promise<void> {
  const { running } = await quorum.untilLeader()
  await running.addVoter({ nodeId, directoryId, endpoints: [] })
}

async function remove(log: RaftMetadataLog, { nodeId, directoryId }: Member): Promise<void> {
  await log.removeVoter({ nodeId, directoryId })
}

describe('a controller that waits to be added', { timeout: timeoutMs }, () => {
  it('follows as an observer, with how far it has come, and is added by its id', async () => {
    const quorum = await create(1)
    await quorum.form()
    await quorum.append('before')
    const two = await newcomer(quorum, 2)
    await until('it follows', () => isObserver(quorum, two) && follows(two, 'before'))
    await quorum.append('after')
    await until('it has caught up', () => {
      const status = statusOf(quorum)
      const [observer] = status?.observers ?? []
      return observer?.logEndOffset === status?.highWatermark && follows(two, 'after')
    })
    expect(voterIds(quorum)).toEqual([1])
    await add(quorum, two)
    expect(voterIds(quorum)).toEqual([1, 2])
    expect(isObserver(quorum, two)).toBe(false)
  })

  it('takes the place of an observer of the same node on another disk', async () => {
    const quorum = await create(1)
    await quorum.form()
    const former = await newcomer(quorum, 2)
    await until('it follows', () => isObserver(quorum, former))
    await former.kill()
    const wiped = await newcomer(quorum, 2, 'b')
    await until('the new one follows', () => isObserver(quorum, wiped))
    expect(isObserver(quorum, former)).toBe(false)
  })
})

describe('a voter that is removed', { timeout: timeoutMs }, () => {
  it('goes on following, and can be added again', async () => {
    const quorum = await create(3)
    const leader = await quorum.form()
    const other = quorum.members.find((member) => member !== leader) ?? leader
    await remove(leader.running, other)
    expect(isObserver(quorum, other)).toBe(true)
    await quorum.append('later')
    await until('it follows', () => follows(other, 'later'))
    expect(other.recorder.leader.leaderId).toBe(quorum.leader?.nodeId)
    await add(quorum, other)
    expect(voterIds(quorum)).toEqual([1, 2, 3])
  })

  it('while it is down follows again when it comes back', async () => {
    const quorum = await create(3)
    const leader = await quorum.form()
    const other = quorum.members.find((member) => member !== leader) ?? leader
    await other.kill()
    await until('it is missed', () => {
      const voters = leader.running.status().voters
      const voter = voters.find(({ replicaId }) => replicaId === other.nodeId)
      return Date.now() - (voter?.lastFetchTimestampMs ?? 0) > 1_500
    })
    await remove(leader.running, other)
    expect(isObserver(quorum, other)).toBe(false)
    await quorum.append('meanwhile')
    await quorum.start(other)
    await until('it follows', () => isObserver(quorum, other) && follows(other, 'meanwhile'))
  })

  it('and leads hands over before it leaves, and follows whoever leads next', async () => {
    const quorum = await create(3)
    const leader = await quorum.form()
    // Whoever asks is told to ask the next leader, and nothing is lost on the way there.
    await expect(remove(leader.running, leader)).rejects.toMatchObject({
      kafkaError: 'NOT_CONTROLLER',
    })
    const next = await until('another leads', () =>
      quorum.leader !== undefined && quorum.leader !== leader ? quorum.leader : null,
    )
    await remove(next.running, leader)
    expect(voterIds(quorum)).not.toContain(leader.nodeId)
    await quorum.append('after')
    await until('it follows', () => follows(leader, 'after'))
    expect(leader.recorder.leader.leaderId).toBe(next.nodeId)
  })
})
