// Controllers' metadata logs as a quorum over loopback gRPC, on real files, all in one process. A
// member can be killed: its server and its sockets go at once, and nothing it still has to say
// leaves.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { credentials, Server, ServerCredentials } from '@grpc/grpc-js'
import type {
  CommittedBatch,
  MetadataLogListener,
  MetadataSnapshot,
  QuorumLeader,
} from '@samsa/controller/metadata-log'
import type { StaticVoter } from '@samsa/controller/quorum/addresses'
import { RaftMetadataLog } from '@samsa/controller/quorum/raft-metadata-log'
import { Raft, type RaftHandlers } from '@samsa/proto/grpc/gen/raft'
import { serverOptions } from '@samsa/proto/grpc/options'
import { NodeRaftDirectory } from '@samsa/raft/driver/node-directory'
import { systemClock } from '@samsa/raft/driver/system-clock'

const stepMs = 2

/** Waits for what must come true. */
export async function until<T>(
  what: string,
  look: () => T | undefined | null | false,
  withinMs = 15_000,
): Promise<T> {
  const deadlineMs = performance.now() + withinMs
  for (;;) {
    const seen = look()
    if (seen !== undefined && seen !== null && seen !== false) return seen
    if (performance.now() > deadlineMs) throw new Error(`${what}: not within ${withinMs} ms`)
    await sleep(stepMs)
  }
}

/** What a log delivers: the replicated state is the list of its records' texts. */
export class Recorder implements MetadataLogListener {
  texts: string[] = []
  lastOffset = -1
  lastEpoch = -1
  leader: QuorumLeader = { leaderId: -1, epoch: -1 }
  readonly faults: Error[] = []
  readonly #told: (leader: QuorumLeader) => void

  constructor(told: (leader: QuorumLeader) => void = () => undefined) {
    this.#told = told
  }

  onSnapshot(snapshot: MetadataSnapshot): void {
    this.texts = [...snapshot.records].map(String)
    this.lastOffset = snapshot.offset
    this.lastEpoch = snapshot.epoch
  }

  onCommit({ baseOffset, epoch, records }: CommittedBatch): void {
    if (baseOffset !== this.lastOffset + 1) {
      throw new Error(`a batch at ${baseOffset} follows on ${this.lastOffset}`)
    }
    this.texts.push(...records.map(String))
    this.lastOffset += records.length
    this.lastEpoch = epoch
  }

  onLeaderChange(leader: QuorumLeader): void {
    this.leader = leader
    this.#told(leader)
  }

  onFault(error: Error): void {
    this.faults.push(error)
  }

  snapshot(): MetadataSnapshot {
    const records = this.texts.map((text) => Buffer.from(text))
    return { offset: this.lastOffset, epoch: this.lastEpoch, records }
  }
}

export interface MemberOptions {
  readonly voters?: readonly StaticVoter[]
  readonly bootstrapServers?: readonly StaticVoter[]
  readonly autoJoin?: boolean
  readonly directoryId?: string
}

export class Member {
  readonly nodeId: number
  readonly port: number
  readonly path: string
  directoryId: string
  recorder = new Recorder()
  readonly events: string[] = []
  /** How often another has asked who this is. */
  askedCount = 0
  /** Called when this node is told that it leads. */
  onLead: (recorder: Recorder) => void = () => undefined
  log: RaftMetadataLog | null = null
  #server: Server | null = null

  constructor(nodeId: number, port: number, path: string, directoryId: string) {
    this.nodeId = nodeId
    this.port = port
    this.path = path
    this.directoryId = directoryId
  }

  get running(): RaftMetadataLog {
    if (this.log === null) throw new Error(`node ${this.nodeId} is down`)
    return this.log
  }

  get leads(): boolean {
    return this.log !== null && this.recorder.leader.leaderId === this.nodeId
  }

  async start(options: Required<Omit<MemberOptions, 'directoryId'>>): Promise<void> {
    const recorder = new Recorder(({ leaderId }) => {
      if (leaderId === this.nodeId) this.onLead(recorder)
    })
    this.recorder = recorder
    const note = (event: string) => void this.events.push(event)
    const log = new RaftMetadataLog({
      nodeId: this.nodeId,
      directoryId: this.directoryId,
      directory: new NodeRaftDirectory(this.path),
      ...options,
      ownAddress: () => ({ host: '127.0.0.1', port: this.port }),
      clusterId: () => '',
      registeredAddress: () => null,
      credentials: () => credentials.createInsecure(),
      isNode: () => true,
      clock: systemClock,
      nowMs: Date.now,
      random: Math.random,
      events: {
        forming: () => note('forming'),
        founding: () => note('founding'),
        waiting: (asks) => note(asks ? 'asking to join' : 'waiting'),
        refused: (peer, reason) => note(`refused by ${peer}: ${reason}`),
        damaged: (what) => note(`damaged: ${what}`),
        diskFull: (isFull) => note(isFull ? 'disk full' : 'room again'),
        quorumChanged: (voters) => note(`quorum ${voters.join(' ')}`),
      },
    })
    const server = new Server(serverOptions)
    const { exchange, join, describe } = log.service
    server.addService(Raft, {
      exchange,
      join,
      describe: (call, answer) => {
        this.askedCount++
        describe(call, answer)
      },
    } satisfies RaftHandlers)
    await new Promise<void>((resolve, reject) => {
      const address = `127.0.0.1:${this.port}`
      server.bindAsync(address, ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      )
    })
    this.#server = server
    this.log = log
    await log.start(recorder)
  }

  /** As if the process had died: sockets first, all at once. */
  async kill(): Promise<void> {
    const { log } = this
    this.log = null
    this.#server?.forceShutdown()
    this.#server = null
    await log?.close()
  }
}

export class QuorumCluster {
  readonly members: Member[] = []
  readonly #path: string
  readonly #basePort: number
  readonly #voters: StaticVoter[] = []

  private constructor(path: string, basePort: number, voterCount: number) {
    this.#path = path
    this.#basePort = basePort
    for (let nodeId = 1; nodeId <= voterCount; nodeId++) {
      this.#voters.push(this.voterOf(nodeId))
    }
    for (const { nodeId } of this.#voters) this.addMember(nodeId)
  }

  static async create(basePort: number, voterCount: number): Promise<QuorumCluster> {
    const path = await mkdtemp(join(tmpdir(), 'samsa-quorum-'))
    return new QuorumCluster(path, basePort, voterCount)
  }

  addMember(nodeId: number, directory = 'a'): Member {
    const path = join(this.#path, `${nodeId}-${directory}`)
    const member = new Member(nodeId, this.#basePort + nodeId, path, directory)
    this.members.push(member)
    return member
  }

  voterOf(nodeId: number): StaticVoter {
    return { nodeId, host: '127.0.0.1', port: this.#basePort + nodeId }
  }

  member(nodeId: number): Member {
    const member = this.members.findLast((each) => each.nodeId === nodeId)
    if (member === undefined) throw new Error(`there is no node ${nodeId}`)
    return member
  }

  start(member: Member, options: MemberOptions = {}): Promise<void> {
    return member.start({
      voters: this.#voters,
      bootstrapServers: [],
      autoJoin: false,
      ...options,
    })
  }

  /** All configured voters, and waits until they are a quorum. */
  async form(): Promise<Member> {
    await Promise.all(this.members.map((member) => this.start(member)))
    const voters = this.members.map(({ nodeId, directoryId }) => `${nodeId}@${directoryId}`)
    const formed = `quorum ${voters.join(' ')}`
    await until('a quorum', () => this.members.every(({ events }) => events.includes(formed)))
    return this.untilLeader()
  }

  get leader(): Member | undefined {
    return this.members.find(({ leads }) => leads)
  }

  untilLeader(): Promise<Member> {
    return until('a leader', () => this.leader)
  }

  async append(...texts: string[]): Promise<number> {
    const { recorder, running } = await this.untilLeader()
    const records = texts.map((text) => Buffer.from(text))
    return running.append(recorder.leader.epoch, records)
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()))
    await rm(this.#path, { recursive: true, force: true })
  }
}
