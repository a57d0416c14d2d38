// MetadataLog on a voter of the Raft quorum: metadata batches in its entries, metadata snapshots in
// its snapshots. Says that this node leads only when all that was committed before its term has
// been delivered (KAFKA-17333). Decides nothing about metadata.

import { crc32 } from 'node:zlib'
import type { DescribeResponseInit } from '@samsa/proto/grpc/gen/raft'
import { assert } from '@samsa/raft/core/assert'
import { membersOf, noVoters, votersOf } from '@samsa/raft/core/configuration'
import { defaultRaftOptions } from '@samsa/raft/core/options'
import {
  type Configuration,
  type Entry,
  nodeIdOf,
  type SnapshotDescriptor,
  type VoterId,
  voterId,
} from '@samsa/raft/core/types'
import { RefusedError } from '@samsa/raft/driver/errors'
import { FileStorage } from '@samsa/raft/driver/file-storage'
import { type RaftListener, RaftNode } from '@samsa/raft/driver/raft-node'
import type { OpenedStorage } from '@samsa/raft/driver/storage'
import { StorageDamagedError } from '@samsa/raft/driver/storage/whole-file'
import type { Address } from '@samsa/raft/grpc/address-book'
import { GrpcTransport } from '@samsa/raft/grpc/grpc-transport'
import { ControllerError } from '../errors.ts'
import {
  type MetadataLog,
  type MetadataLogListener,
  type MetadataSnapshot,
  NotLeaderError,
  type QuorumLeader,
  type QuorumStatus,
} from '../metadata-log.ts'
import type { AddVoter, VoterReference } from '../requests.ts'
import { ControllerAddresses } from './addresses.ts'
import { AppendGate } from './append-gate.ts'
import { decodeBatch, encodeBatch } from './batch-format.ts'
import { Formation } from './formation.ts'
import { asControllerError, Membership } from './membership.ts'
import { OffsetMap } from './offset-map.ts'
import { Peers } from './peers.ts'
import type { QuorumOptions } from './quorum-options.ts'
import {
  type Newcomer,
  type QuorumMember,
  type QuorumService,
  quorumService,
} from './quorum-service.ts'
import { quorumStatus } from './quorum-status.ts'
import { readSnapshot, snapshotChunks } from './snapshot-format.ts'

/** Segments of a size that a start reads in milliseconds. */
const segmentBytesMax = 8 * 1024 * 1024
const inboxMessagesMax = 10_000
/** How long the only voter is given to lead itself. */
const soleVoterReadyWithinMs = 30_000

const nobody: QuorumLeader = { leaderId: -1, epoch: -1 }

export class RaftMetadataLog implements MetadataLog, RaftListener, QuorumMember {
  readonly id: VoterId
  /** The Raft service of proto/grpc/raft.proto: to be served where the other voters look for it. */
  readonly service: QuorumService
  readonly addresses: ControllerAddresses
  readonly #options: QuorumOptions
  readonly #storage: FileStorage
  readonly #transport: GrpcTransport
  readonly #peers: Peers
  readonly #formation: Formation
  readonly #stop = new AbortController()
  readonly #offsets = new OffsetMap()
  readonly #gate: AppendGate
  #listener: MetadataLogListener | null = null
  #node: RaftNode | null = null
  #membership: Membership | null = null
  /** What the listener was told last. */
  #told: QuorumLeader = nobody
  #toldVoters = ''
  #leader: VoterId | null = null
  #onLed: () => void = () => undefined
  /** While this node starts: what ends the log ends the start. */
  #failStart: ((error: Error) => void) | null = null
  #isForming = false
  #snapshotting: Promise<boolean> | null = null
  #closed: Promise<void> | null = null

  constructor(options: QuorumOptions) {
    const { nodeId, directoryId, voters, bootstrapServers, clock, credentials } = options
    this.#options = options
    this.id = voterId(nodeId, directoryId)
    this.addresses = new ControllerAddresses(voters, options.registeredAddress)
    this.#storage = new FileStorage(options.directory, { segmentBytesMax })
    this.#transport = new GrpcTransport({
      id: this.id,
      clock,
      addresses: this.addresses,
      credentials,
      isNode: (call, nodeId) => options.isNode(call, nodeId),
      ownAddress: () => options.ownAddress(),
      clusterId: () => options.clusterId(),
      onRefused: (peer, reason) => options.events.refused(peer, reason),
    })
    const signal = this.#stop.signal
    this.#peers = new Peers(credentials)
    const members = () => this.#otherMembers
    const setup = { nodeId, voters, bootstrapServers, members, peers: this.#peers, clock, signal }
    this.#formation = new Formation(setup)
    this.service = quorumService(this, this.#transport.exchange, options.isNode)
    this.#gate = new AppendGate((epoch) => this.#tellLeads(epoch), clock)
  }

  /**
   * Resolves when what is on this node's disk is delivered and it takes part; the only voter of a
   * quorum leads by then. A node without a log may wait for others long after.
   */
  async start(listener: MetadataLogListener): Promise<void> {
    assert(this.#listener === null, 'a metadata log starts once')
    this.#listener = listener
    const failed = new Promise<never>((_, reject) => {
      this.#failStart = reject
    })
    try {
      await Promise.race([this.#start(), failed])
    } finally {
      this.#failStart = null
    }
  }

  async #start(): Promise<void> {
    const opened = await this.#storage.open()
    const { isAlone, isFounder } = this.#formation
    const { damaged } = opened.state
    const mayFound = isBlank(opened) && !damaged
    if (isBlank(opened) && damaged && isAlone) {
      throw new StorageDamagedError(`the only voter cannot heal by itself: ${opened.damage}`)
    }
    if (mayFound && isFounder && !isAlone) return this.#form(opened)
    await this.#startNode(opened, mayFound && isAlone)
    if (this.#isSoleVoter) await this.#untilLeads()
  }

  /** Founds the quorum when the others have said that they have none either. */
  #form(opened: OpenedStorage): void {
    this.#isForming = true
    const { events } = this.#options
    events.forming()
    this.#background(async () => {
      const isFounder = await this.#formation.mayFound()
      this.#isForming = false
      if (this.#stop.signal.aborted) return
      if (isFounder) events.founding()
      await this.#startNode(opened, isFounder)
    })
  }

  /** What goes wrong there is the end of the log, like anything else that does. */
  #background(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      if (this.#closed === null) this.onFault(error as Error)
    })
  }

  async #startNode(opened: OpenedStorage, isFounder: boolean): Promise<void> {
    const { clock, random } = this.#options
    const node = new RaftNode({
      id: this.id,
      options: { ...defaultRaftOptions, ...this.#options.timing },
      bootstrap: isFounder ? { ...noVoters, voters: [this.id] } : noVoters,
      storage: this.#storage,
      opened,
      transport: this.#transport,
      clock,
      random,
      checksum: (bytes) => crc32(bytes),
      listener: this,
      inboxMessagesMax,
    })
    this.#node = node
    this.#membership = new Membership(node, clock)
    await node.start()
    await node.delivered()
    this.#transport.expect(membersOf(node.status.configuration))
    this.#joinIfWanted(node)
  }

  #joinIfWanted(node: RaftNode): void {
    const { autoJoin, ownAddress, clusterId, events, nodeId, voters } = this.#options
    const isVoter = () => votersOf(node.status.configuration).has(this.id)
    const isFollowing = () =>
      this.#leader !== null && membersOf(node.status.configuration).has(this.id)
    if (!isVoter()) events.waiting(autoJoin)
    const refused = (reason: string) => events.refused(null, reason)
    const of = { self: this.id, isVoter, isFollowing, ownAddress, clusterId, refused }
    // Those that are configured as voters are taken in by the founder.
    const isPatient = isVoter() || voters.some((voter) => voter.nodeId === nodeId)
    this.#background(async () => {
      if (autoJoin && !this.#isSoleVoter) {
        await this.#formation.join(of, { isPatient: isVoter() })
      }
      await this.#formation.keepFollowing(of, { isPatient })
    })
  }

  get #otherMembers(): readonly Address[] {
    const { configuration } = this.#node?.status ?? { configuration: noVoters }
    const others = [...membersOf(configuration)].filter((id) => id !== this.id)
    return others.flatMap((id) => this.addresses.addressesOf(id))
  }

  get #isSoleVoter(): boolean {
    const { voters, outgoing } = this.#node?.status.configuration ?? noVoters
    return outgoing.length === 0 && voters.length === 1 && voters[0] === this.id
  }

  #untilLeads(): Promise<void> {
    if (this.#told.leaderId === this.#options.nodeId) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const cancel = this.#options.clock.after(soleVoterReadyWithinMs, () =>
        reject(new Error('the only voter of the metadata quorum does not get to lead')),
      )
      this.#onLed = () => {
        cancel()
        resolve()
      }
    })
  }

  append(epoch: number, records: readonly Buffer[]): Promise<number> {
    assert(records.length > 0, 'an append has records')
    const data = encodeBatch(records)
    return this.#append(epoch, data)
  }

  async #append(epoch: number, data: Buffer): Promise<number> {
    const node = this.#running
    const propose = () => node.propose([data], epoch)
    const { lastIndex } = await this.#gate.append(epoch, data.length, propose)
    return this.#offsets.offsetAt(lastIndex)
  }

  get #running(): RaftNode {
    if (this.#node === null) throw new NotLeaderError('this node has no part in a quorum yet')
    return this.#node
  }

  async writeSnapshot(snapshot: MetadataSnapshot): Promise<void> {
    const index = this.#offsets.indexOf(snapshot.offset)
    // A snapshot that was received meanwhile has overtaken it.
    if (index === undefined) return
    assert(this.#snapshotting === null, 'one snapshot is written at a time')
    this.#snapshotting = this.#running.takeSnapshot(index, this.#untilClosed(snapshot))
    try {
      if (await this.#snapshotting) this.#offsets.forget(index)
    } finally {
      this.#snapshotting = null
    }
  }

  *#untilClosed(snapshot: MetadataSnapshot): Generator<Buffer> {
    for (const chunk of snapshotChunks(snapshot)) {
      if (this.#closed !== null) throw new Error('the metadata log is closing')
      yield chunk
    }
  }

  onApply(entries: readonly Entry[]): void {
    for (const { type, index, term, ...entry } of entries) {
      if (type !== 'data' || !('data' in entry)) continue
      const records = decodeBatch(entry.data)
      const baseOffset = this.#offsets.last.offset + 1
      this.#offsets.applied(index, records.length)
      this.#listener?.onCommit({ baseOffset, epoch: term, records })
    }
  }

  async onSnapshot(at: SnapshotDescriptor, chunks: AsyncIterable<Buffer>): Promise<void> {
    const snapshot = await readSnapshot(chunks)
    this.#offsets.restart({ index: at.index, offset: snapshot.offset })
    this.#listener?.onSnapshot(snapshot)
  }

  onConfiguration(_: number, configuration: Configuration): void {
    this.#transport.expect(membersOf(configuration))
    this.#learnAddresses()
    const { voters, outgoing } = configuration
    const now = voters.join()
    if (outgoing.length > 0 || now === this.#toldVoters) return
    this.#toldVoters = now
    this.#options.events.quorumChanged(voters)
  }

  onLeaderChange(term: number, leader: VoterId | null): void {
    this.#leader = leader
    this.#gate.close()
    // This node itself leads when it is ready to.
    const leaderId = leader === null || leader === this.id ? -1 : nodeIdOf(leader)
    this.#tell({ leaderId, epoch: term })
    this.#learnAddresses()
  }

  /**
   * The leader knows where all members are. Without their addresses this voter could not reach them
   * when the leader is gone.
   */
  #learnAddresses(): void {
    const { addresses } = this
    const isUnknown = (id: VoterId) => id !== this.id && addresses.addressesOf(id).length === 0
    const { configuration } = this.#node?.status ?? { configuration: noVoters }
    const leader = this.#leader === null ? undefined : this.#addressOf(this.#leader)
    if (leader === undefined || ![...membersOf(configuration)].some(isUnknown)) return
    this.#background(async () => {
      const answer = await this.#peers.describe(leader, this.#stop.signal)
      for (const { voter, host, port } of answer?.members ?? []) {
        if (port > 0) addresses.heard(voter as VoterId, { host, port })
      }
      if (this.#closed === null) this.#transport.expect(membersOf(configuration))
    })
  }

  onLeaderReady(term: number): void {
    // Its term may be over by now, and somebody else be leading.
    if (this.#leader !== this.id) return
    this.#gate.open(term)
    this.#tellLeads(term)
    this.#onLed()
    this.#membership?.tend()
    this.#completeFounding()
  }

  #tellLeads(epoch: number): void {
    this.#told = { leaderId: this.#options.nodeId, epoch, ...this.#predecessor() }
    this.#listener?.onLeaderChange(this.#told)
  }

  #predecessor(): Pick<QuorumLeader, 'predecessor'> {
    const followed = this.#node?.status.followed ?? null
    if (followed === null) return {}
    const silentMs = this.#options.clock.nowMs() - followed.heardMs
    return { predecessor: { nodeId: nodeIdOf(followed.leader), silentMs } }
  }

  #tell(leader: QuorumLeader): void {
    const { leaderId, epoch } = this.#told
    if (leader.leaderId === leaderId && leader.epoch === epoch) return
    this.#told = leader
    this.#listener?.onLeaderChange(leader)
  }

  /** The founder is the only voter at first. The others come in together, once all are there. */
  #completeFounding(): void {
    if (!this.#isSoleVoter || !this.#formation.isFounder || this.#formation.isAlone) return
    const node = this.#running
    const isComing = (voter: VoterId) => node.status.configuration.learners.includes(voter)
    this.#background(async () => {
      const others = await this.#formation.blankOthers(isComing)
      if (others === null || this.#closed !== null) return
      await this.#membership?.add(others, { replaces: true }).catch((error: unknown) => {
        // Whoever leads next goes on with it, or an operator does.
        if (this.#closed === null) this.#options.events.refused(null, (error as Error).message)
      })
    })
  }

  onDamage(what: string): void {
    this.#options.events.damaged(what)
  }

  onDiskFull(isFull: boolean): void {
    this.#options.events.diskFull(isFull)
  }

  onFault(error: Error): void {
    if (this.#failStart === null) this.#listener?.onFault(error)
    else this.#failStart(error)
  }

  describe(): DescribeResponseInit | null {
    if (this.#closed !== null) return null
    const status = this.#node?.status
    if (status === undefined && !this.#isForming) return null
    const leader = this.#leader === null ? undefined : this.#addressOf(this.#leader)
    const members = status === undefined ? [] : [...membersOf(status.configuration)]
    const addresses = members.map((voter) => ({ voter, ...this.#addressOf(voter) }))
    const hasLog = (status?.last.index ?? 0) > 0 || (status?.damagedInTerm ?? null) !== null
    return {
      voter: this.id,
      blank: members.length === 0 && !hasLog,
      clusterId: this.#options.clusterId(),
      ...(leader !== undefined && {
        leader: this.#leader,
        leaderHost: leader.host,
        leaderPort: leader.port,
      }),
      members: addresses,
    }
  }

  #addressOf(voter: VoterId): Address | undefined {
    if (voter === this.id) return this.#options.ownAddress()
    return this.addresses.addressesOf(voter)[0]
  }

  async letIn({ voter, address, clusterId, isObserver }: Newcomer): Promise<void> {
    const own = this.#options.clusterId()
    if (clusterId !== '' && own !== '' && clusterId !== own) {
      throw new Error(`this is cluster ${own}, and ${voter} belongs to ${clusterId}`)
    }
    this.addresses.heard(voter, address)
    if (isObserver) return this.#members.observe(voter)
    await this.#members.add([voter], { replaces: true })
  }

  get #members(): Membership {
    if (this.#membership === null) {
      throw new ControllerError('NOT_CONTROLLER', 'This node has no part in a quorum yet.')
    }
    return this.#membership
  }

  async addVoter({ nodeId, directoryId, endpoints }: AddVoter): Promise<void> {
    const voter = voterId(nodeId, directoryId)
    const [endpoint] = endpoints
    if (endpoint !== undefined) this.addresses.heard(voter, endpoint)
    await this.#members.add([voter], { replaces: false })
  }

  async removeVoter({ nodeId, directoryId }: VoterReference): Promise<void> {
    await this.#members.remove(voterId(nodeId, directoryId))
  }

  async transferLeadership(nodeId: number | null): Promise<void> {
    const node = this.#running
    const { voters } = node.status.configuration
    const to = nodeId === null ? undefined : voters.find((id) => nodeIdOf(id) === nodeId)
    if (nodeId !== null && to === undefined) {
      throw new ControllerError('VOTER_NOT_FOUND', `Node ${nodeId} is no voter.`)
    }
    try {
      await node.transferLeadership(to)
    } catch (error) {
      if (!(error instanceof RefusedError)) throw asControllerError(error)
      const why = `Leadership was not handed over: ${error.reason}.`
      throw new ControllerError('ELIGIBLE_LEADERS_NOT_AVAILABLE', why, { cause: error })
    }
  }

  status(): QuorumStatus {
    const { clock, nowMs } = this.#options
    return quorumStatus({
      self: this.id,
      leader: this.#told,
      status: this.#node?.status ?? null,
      offsets: this.#offsets,
      monotonicMs: clock.nowMs(),
      nowMs: nowMs(),
    })
  }

  /** Leaves at once; leadership is better handed over before. Nothing is delivered afterwards. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#stop.abort()
    this.#gate.close()
    this.#membership?.close()
    // A start that still waits has nothing to wait for.
    this.#onLed()
    await this.#snapshotting?.catch(() => false)
    await this.#node?.close()
    if (this.#node === null) {
      await this.#transport.close()
      await this.#storage.close()
    }
  }
}

/** Nothing was ever in this log: it tells of no quorum. */
function isBlank({ state: { snapshot, base, entries } }: OpenedStorage): boolean {
  return snapshot === null && base.index === 0 && entries.length === 0
}
