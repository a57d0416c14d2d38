// A quorum of controllers over loopback gRPC, on real files: it is founded once, goes on when its
// leader dies, grows and shrinks under load, and takes a node back whose disk was lost.

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { ControllerError } from '@samsa/controller/errors'
import type { Endpoint } from '@samsa/controller/image'
import type { RaftMetadataLog } from '@samsa/controller/quorum/raft-metadata-log'
import { afterEach, describe, expect, it } from 'vitest'
import { type Member, QuorumCluster, until } from '../../../support/controller/quorum-cluster.ts'

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
    // About 60 ms on an idle machine; two election timeouts would be 900.
    expect(tookMs).toBeLessThan(900)
    await quorum.append('after')
    expect(next.recorder.texts).toEqual(['before', 'after'])
    await quorum.start(first)
    await until('the old leader follows', () => first.recorder.texts.length === 2)
    expect(first.recorder.leader.leaderId).toBe(next.nodeId)
  })
})

describe('a quorum under load', () => {
  it('grows from one voter to three to five and shrinks to three, and loses nothing', async () => {
    const quorum = await create(1)
    const load = new Load(quorum)
    await quorum.form()
    load.begin()
    const { nodeId: first } = quorum.member(1)
    for (const nodeId of [2, 3, 4, 5]) {
      const member = quorum.addMember(nodeId)
      await quorum.start(member, { voters: [], bootstrapServers: [quorum.voterOf(first)] })
      await addVoter(quorum, member)
    }
    await until('five voters', () => votersOf(quorum).length === 5)
    for (const nodeId of [1, 2]) {
      await atLeader(quorum, (log) => log.removeVoter({ nodeId, directoryId: 'a' }))
    }
    await until('three voters', () => votersOf(quorum).join(' ') === '3 4 5')
    const acknowledged = await load.end()
    expect(acknowledged.length).toBeGreaterThan(20)
    for (const nodeId of [3, 4, 5]) {
      const { recorder } = quorum.member(nodeId)
      await until(`node ${nodeId} has all`, () => includesInOrder(recorder.texts, acknowledged))
    }
  })

  it('takes back a voter whose disk was lost, as another voter', async () => {
    const quorum = await create(3)
    const load = new Load(quorum)
    await quorum.form()
    load.begin()
    await until('some load', () => load.count > 10)
    const victim = quorum.members.find(({ leads }) => !leads) ?? quorum.member(1)
    await victim.kill()
    const wiped = quorum.addMember(victim.nodeId, 'b')
    await quorum.start(wiped, { autoJoin: true })
    await until('it votes again', () =>
      quorum.leader?.running.status().voters.some(({ replicaId, directoryId }) => {
        return replicaId === victim.nodeId && directoryId === 'b'
      }),
    )
    expect(votersOf(quorum)).toEqual([1, 2, 3])
    const acknowledged = await load.end()
    await until('it has all', () => includesInOrder(wiped.recorder.texts, acknowledged))
  })

  it('loses nothing that was acknowledged when its leaders die one after the other', async () => {
    const quorum = await create(3)
    const load = new Load(quorum)
    await quorum.form()
    load.begin()
    let termsLed = 0
    for (const member of quorum.members) {
      member.onLead = ({ texts }) => {
        termsLed++
        // Who is told to lead has been told of everything before (KAFKA-17333).
        expect(includesInOrder(texts, load.acknowledged)).toBe(true)
      }
    }
    for (let round = 0; round < 4; round++) {
      const leader = await quorum.untilLeader()
      const countBefore = load.count
      await leader.kill()
      await until('the others go on', () => load.count > countBefore + 5)
      await quorum.start(leader)
    }
    const acknowledged = await load.end()
    expect(termsLed).toBeGreaterThanOrEqual(4)
    for (const { recorder, running } of quorum.members) {
      expect(running.status().voters).toHaveLength(3)
      await until('all have all', () => includesInOrder(recorder.texts, acknowledged))
    }
    const [one, two, three] = quorum.members.map(({ recorder }) => recorder.texts.join(' '))
    await until('all are level', () => one === two && two === three)
  })
})

describe('a damaged disk', () => {
  it('of one of three is seen at its start and heals from the others', async () => {
    const quorum = await create(3)
    const leader = await quorum.form()
    for (let count = 0; count < 30; count++) await quorum.append(`text ${count}`)
    const victim = quorum.members.find((member) => member !== leader) ?? leader
    await until('it has all', () => victim.recorder.texts.length === 30)
    await victim.kill()
    await flipBitOfLog(victim.path)
    await quorum.start(victim)
    await until('it has healed', () => victim.recorder.texts.length === 30)
    expect(victim.events.some((event) => event.startsWith('damaged: '))).toBe(true)
    expect(victim.recorder.texts).toEqual(leader.recorder.texts)
  })

  it('of the only voter keeps it from starting, with a text that says why', async () => {
    const quorum = await create(1)
    const only = await quorum.form()
    for (let count = 0; count < 30; count++) await quorum.append(`text ${count}`)
    await only.kill()
    await flipBitOfLog(only.path)
    await expect(quorum.start(only)).rejects.toThrow(/the only voter cannot heal by itself: .*log/)
  })
})

/** Appends one text after the other and keeps those that were acknowledged. */
class Load {
  readonly #quorum: QuorumCluster
  readonly acknowledged: string[] = []
  #ended = false
  #done: Promise<void> = Promise.resolve()

  constructor(quorum: QuorumCluster) {
    this.#quorum = quorum
  }

  get count(): number {
    return this.acknowledged.length
  }

  begin(): void {
    this.#done = this.#run()
  }

  async #run(): Promise<void> {
    for (let number = 0; !this.#ended; number++) {
      const text = `text ${number}`
      try {
        await this.#quorum.append(text)
        this.acknowledged.push(text)
      } catch {
        // Not acknowledged: it may be there or not.
        await setTimeout(5)
      }
    }
  }

  async end(): Promise<string[]> {
    this.#ended = true
    await this.#done
    return this.acknowledged
  }
}

function includesInOrder(all: readonly string[], some: readonly string[]): boolean {
  let found = 0
  for (const text of all) if (text === some[found]) found++
  return found === some.length
}

function votersOf(quorum: QuorumCluster): number[] {
  const voters = quorum.leader?.running.status().voters ?? []
  return voters.map(({ replicaId }) => replicaId).toSorted((a, b) => a - b)
}

async function addVoter(quorum: QuorumCluster, member: Member): Promise<void> {
  const { nodeId, directoryId, port } = member
  const endpoint = {
    listener: 'CONTROLLER',
    host: '127.0.0.1',
    port,
    securityProtocol: 'PLAINTEXT',
  }
  const endpoints = [endpoint as Endpoint]
  await atLeader(quorum, (log) => log.addVoter({ nodeId, directoryId, endpoints }))
}

/** Again with the next leader, where one has lost its office meanwhile. */
async function atLeader(
  quorum: QuorumCluster,
  change: (log: RaftMetadataLog) => Promise<void>,
): Promise<void> {
  for (;;) {
    const { running } = await quorum.untilLeader()
    try {
      return await change(running)
    } catch (error) {
      const { kafkaError } = error as ControllerError
      // What was under way may have happened: then it need not happen again.
      if (kafkaError === 'DUPLICATE_VOTER' || kafkaError === 'VOTER_NOT_FOUND') return
      if (kafkaError !== 'NOT_CONTROLLER') throw error
    }
  }
}

/** In the middle of what is written of the newest segment. */
async function flipBitOfLog(path: string): Promise<void> {
  const names = (await readdir(path)).filter((name) => name.endsWith('.log'))
  const name = join(path, names.toSorted().at(-1) ?? 'none')
  const bytes = await readFile(name)
  const at = bytes.length >> 1
  bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at)
  await writeFile(name, bytes)
}
