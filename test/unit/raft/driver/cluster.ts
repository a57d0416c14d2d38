// Voters with their drivers, on directories in memory, a network in the process, and a clock that a
// test moves. The replicated state of each is the list of texts that it has applied.

import { setImmediate as turn } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { noVoters } from '@samsa/raft/core/configuration'
import type { Message } from '@samsa/raft/core/messages'
import { defaultRaftOptions } from '@samsa/raft/core/options'
import {
  type Configuration,
  type Entry,
  nodeIdOf,
  type VoterId,
  voterId,
} from '@samsa/raft/core/types'
import type { RaftClock } from '@samsa/raft/driver/clock'
import { FileStorage } from '@samsa/raft/driver/file-storage'
import { RaftNode } from '@samsa/raft/driver/raft-node'
import type { RaftTransport } from '@samsa/raft/driver/transport'
import { Random } from '../../../simulation/shared/random.ts'
import { MemoryDirectory } from './memory-directory.ts'

const stepMs = 5

export class TestClock implements RaftClock {
  #nowMs = 0
  #timers: { dueMs: number; call: () => void }[] = []

  nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, call: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, call }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer)
    }
  }

  soon(call: () => void): void {
    setImmediate(call)
  }

  /** Lets `stepMs` pass, and everything happen that this brings about. */
  async advance(): Promise<void> {
    this.#nowMs += stepMs
    const due = this.#timers.filter(({ dueMs }) => dueMs <= this.#nowMs)
    this.#timers = this.#timers.filter(({ dueMs }) => dueMs > this.#nowMs)
    for (const { call } of due) call()
    for (let turns = 0; turns < 6; turns++) await turn()
  }
}

export class Member {
  readonly nodeId: number
  id: VoterId
  directory = new MemoryDirectory()
  node: RaftNode | null = null
  texts: string[] = []
  appliedIndex = 0
  ready: number[] = []
  damage: string[] = []
  faults: Error[] = []
  fullness: boolean[] = []
  receive: ((from: VoterId, message: Message) => void) | null = null

  constructor(id: VoterId) {
    this.nodeId = nodeIdOf(id)
    this.id = id
  }

  get running(): RaftNode {
    if (this.node === null) throw new Error(`${this.id} is down`)
    return this.node
  }
}

export class Cluster {
  readonly clock = new TestClock()
  readonly members: Member[] = []
  readonly cut = new Set<string>()
  readonly #random: Random
  readonly #bootstrap: Configuration
  readonly #segmentBytesMax: number

  constructor(voterCount: number, setup: { seed?: number; segmentBytesMax?: number } = {}) {
    this.#random = new Random(setup.seed ?? 1)
    this.#segmentBytesMax = setup.segmentBytesMax ?? 100_000
    for (let node = 1; node <= voterCount; node++) this.members.push(new Member(voterId(node, 'a')))
    this.#bootstrap = { ...noVoters, voters: this.members.map(({ id }) => id) }
  }

  member(nodeId: number): Member {
    const member = this.members[nodeId - 1]
    if (member === undefined) throw new Error(`there is no node ${nodeId}`)
    return member
  }

  /** One that is in no quorum yet. */
  addMember(): Member {
    const member = new Member(voterId(this.members.length + 1, 'a'))
    this.members.push(member)
    return member
  }

  #transport(member: Member): RaftTransport {
    let own: Member['receive'] = null
    return {
      start: (voter) => {
        own = (from, message) => voter.receive(from, message)
        member.receive = own
      },
      send: (to, message) => {
        const target = this.members[nodeIdOf(to) - 1]
        if (target?.id !== to || this.cut.has(`${member.nodeId}>${target.nodeId}`)) return
        setImmediate(() => target.receive?.(member.id, message))
      },
      close: () => {
        // One that is still closing must not cut off the one that was started after it.
        if (member.receive === own) member.receive = null
        return Promise.resolve()
      },
    }
  }

  async start(member: Member): Promise<void> {
    const random = this.#random.fork()
    const isFounder = this.#bootstrap.voters.includes(member.id)
    member.texts = []
    member.appliedIndex = 0
    const node = new RaftNode({
      id: member.id,
      options: { ...defaultRaftOptions, trailingEntries: 2, snapshotChunkBytes: 64 },
      bootstrap: isFounder ? this.#bootstrap : noVoters,
      storage: new FileStorage(member.directory, { segmentBytesMax: this.#segmentBytesMax }),
      transport: this.#transport(member),
      clock: this.clock,
      random: () => random.next(),
      checksum: (bytes) => crc32(bytes),
      inboxMessagesMax: 1_000,
      listener: {
        onApply: (entries) => this.#apply(member, entries),
        onSnapshot: async (snapshot, chunks) => {
          let json = ''
          for await (const chunk of chunks) json += chunk.toString()
          member.texts = JSON.parse(json) as string[]
          member.appliedIndex = snapshot.index
        },
        onConfiguration: () => undefined,
        onLeaderChange: () => undefined,
        onLeaderReady: (term) => {
          member.ready.push(term)
        },
        onDiskFull: (isFull) => {
          member.fullness.push(isFull)
        },
        onDamage: (what) => {
          member.damage.push(what)
        },
        onFault: (error) => {
          member.faults.push(error)
        },
      },
    })
    await node.start()
    member.node = node
  }

  #apply(member: Member, entries: readonly Entry[]): void {
    for (const entry of entries) {
      member.appliedIndex = entry.index
      if (entry.type === 'data') member.texts.push(entry.data.toString())
    }
  }

  async startAll(): Promise<void> {
    for (const member of this.members) await this.start(member)
  }

  /** The power of one goes. */
  crash(member: Member): void {
    member.directory.operationsLeft = 0
    // It does not get to write anything more, and nobody hears of it.
    void member.node?.close().catch(() => undefined)
    member.node = null
    member.receive = null
    member.directory.crash({ upTo: (max) => this.#random.integer(0, max) })
  }

  isolate(member: Member): void {
    for (const other of this.members) {
      this.cut.add(`${member.nodeId}>${other.nodeId}`)
      this.cut.add(`${other.nodeId}>${member.nodeId}`)
    }
  }

  heal(): void {
    this.cut.clear()
  }

  /** Lets time pass until something is so. */
  async until(what: string, isSo: () => boolean, withinMs = 10_000): Promise<void> {
    const endMs = this.clock.nowMs() + withinMs
    while (!isSo()) {
      if (this.clock.nowMs() >= endMs) throw new Error(`not within ${withinMs} ms: ${what}`)
      await this.clock.advance()
    }
  }

  get leader(): Member | undefined {
    const leading = this.members.filter(({ node }) => node?.status.role === 'leader')
    return leading.toSorted((a, b) => b.running.status.term - a.running.status.term)[0]
  }

  async untilLeader(): Promise<Member> {
    await this.until('a leader that is ready', () => {
      const leader = this.leader
      return leader !== undefined && leader.ready.includes(leader.running.status.term)
    })
    const { leader } = this
    if (leader === undefined) throw new Error('there was a leader')
    return leader
  }

  /** Waits for a promise while time passes. */
  async settled<T>(promise: Promise<T>): Promise<PromiseSettledResult<T>> {
    let result: PromiseSettledResult<T> | null = null
    void Promise.allSettled([promise]).then(([settled]) => {
      result = settled
    })
    await this.until('an answer', () => result !== null)
    return result ?? { status: 'rejected', reason: 'unsettled' }
  }

  async propose(member: Member, ...texts: string[]): Promise<void> {
    const promise = member.running.propose(texts.map((text) => Buffer.from(text)))
    const result = await this.settled(promise)
    if (result.status === 'rejected') throw result.reason
  }

  async untilAllHave(texts: readonly string[]): Promise<void> {
    const isSame = ({ node, texts: own }: Member) =>
      node === null || (own.length === texts.length && own.every((text, at) => text === texts[at]))
    await this.until('everyone has the same', () => this.members.every(isSame))
  }

  async close(): Promise<void> {
    for (const { node } of this.members) await node?.close()
  }
}
