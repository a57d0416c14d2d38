// A quorum of controllers over loopback gRPC, on real files: it is founded once, goes on when its
// leader dies, grows and shrinks under load, and takes a node back whose disk was lost.

import { afterEach, describe, expect, it } from 'vitest'
import { QuorumCluster, until } from '../../../support/controller/quorum-cluster.ts'

let cluster: QuorumCluster | null = null
let ports = 31_000

async function create(voterCount: number): Promise<QuorumCluster> {
  ports += 20
  cluster = await QuorumCluster.create(ports, voterCount)
  return cluster
}

afterEach(async () => {
  await cluster?.close()
  cluster = null
})

describe('a quorum of one', () => {
  it('leads when it has started, and again after a restart', async () => {
    const quorum = await create(1)
    const [only] = quorum.members
    if (only === undefined) throw new Error('there is a member')
    await quorum.start(only)
    expect(only.leads).toBe(true)
    expect(await quorum.append('a', 'b')).toBe(1)
    expect(await quorum.append('c')).toBe(2)
    const { epoch } = only.recorder.leader
    await only.kill()
    await quorum.start(only)
    expect(only.recorder.texts).toEqual(['a', 'b', 'c'])
    expect(only.recorder.leader.epoch).toBeGreaterThan(epoch)
    expect(await quorum.append('d')).toBe(3)
  })
})

describe('three voters', () => {
  it('found a quorum together, and each delivers what any commits', async () => {
    const quorum = await create(3)
    await quorum.form()
    expect(quorum.members.filter(({ events }) => events.includes('founding'))).toHaveLength(1)
    await quorum.append('a', 'b')
    await quorum.append('c')
    await until('all have it', () =>
      quorum.members.every(({ recorder }) => recorder.texts.join('') === 'abc'),
    )
  })

  it('elect another leader as soon as theirs is dead', async () => {
    const quorum = await create(3)
    const first = await quorum.form()
    await quorum.append('before')
    const { epoch } = first.recorder.leader
    const killedMs = performance.now()
    void first.kill()
    const next = await until('another leader', () => {
      const { leader } = quorum
      return leader !== undefined && leader.recorder.leader.epoch > epoch ? leader : null
    })
    const tookMs = performance.now() - killedMs
    expect(next.nodeId).not.toBe(first.nodeId)
    // Far below an election timeout: it was seen that the leader is gone.
    expect(tookMs).toBeLessThan(300)
    await quorum.append('after')
    expect(next.recorder.texts).toEqual(['before', 'after'])
    await quorum.start(first)
    await until('the old leader follows', () => first.recorder.texts.length === 2)
    expect(first.recorder.leader.leaderId).toBe(next.nodeId)
  })
})
