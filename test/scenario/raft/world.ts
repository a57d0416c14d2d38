// The little world that scenarios play in: voters, links in order, disks that finish at once unless
// they are held, and a clock that moves only when told. Everything that happens becomes a line of
// the trace.

import { crc32 } from 'node:zlib'
import { noVoters } from '@samsa/raft/core/configuration'
import type { Effect, Send } from '@samsa/raft/core/effects'
import type { Input } from '@samsa/raft/core/inputs'
import type { Message } from '@samsa/raft/core/messages'
import { defaultRaftOptions, type RaftOptions } from '@samsa/raft/core/options'
import { type Configuration, nodeIdOf, type VoterId, voterId } from '@samsa/raft/core/types'
import { Voter } from '@samsa/raft/core/voter'
import { ModelDisk } from '../../simulation/raft/model-disk.ts'
import { StateMachine } from '../../simulation/raft/state-machine.ts'
import { describeConfiguration, describeEffect, describeMessage, nameOf } from './trace.ts'

const tickMs = 10

interface Node {
  readonly id: VoterId
  readonly disk: ModelDisk
  machine: StateMachine
  voter: Voter | null
  /** Sends that wait for their persist. */
  waiting: Send[]
  isHeld: boolean
}

interface InFlight {
  readonly from: VoterId
  readonly to: VoterId
  readonly message: Message
}

export class World {
  readonly #lines: string[] = []
  readonly #nodes = new Map<number, Node>()
  readonly #timeoutsMs = new Map<number, number>()
  readonly #cut = new Set<string>()
  /** Messages that will be lost: on a link, of a type, so many after so many. */
  readonly #losses: { link: string; type: string; skip: number; count: number }[] = []
  readonly #hidden = new Set<string>(['heartbeat', 'heartbeatAck'])
  #bootstrap: Configuration = noVoters
  #inFlight: InFlight[] = []
  #nowMs = 0
  /** With times of their own, so that traces stay as they are when the defaults change. */
  options: RaftOptions = {
    ...defaultRaftOptions,
    heartbeatMs: 60,
    electionTimeoutMinMs: 300,
    electionTimeoutMaxMs: 600,
  }
  isAuto = true

  takeLines(): string[] {
    return this.#lines.splice(0)
  }

  #say(node: Node, text: string): void {
    this.#lines.push(`${nameOf(node.id)}: ${text}`)
  }

  note(text: string): void {
    this.#lines.push(text)
  }

  show(types: readonly string[]): void {
    for (const type of types) this.#hidden.delete(type)
  }

  hide(types: readonly string[]): void {
    for (const type of types) this.#hidden.add(type)
  }

  setTimeoutMs(node: number, timeoutMs: number): void {
    this.#timeoutsMs.set(node, timeoutMs)
  }

  begin(voters: readonly number[], newcomers: readonly number[]): void {
    const ids = voters.map((node) => voterId(node, 'a'))
    this.#bootstrap = { voters: ids, outgoing: [], learners: [] }
    for (const node of voters) this.addNode(voterId(node, 'a'), this.#bootstrap)
    for (const node of newcomers) this.addNode(voterId(node, 'a'), noVoters)
  }

  addNode(id: VoterId, bootstrap: Configuration): void {
    const disk = new ModelDisk()
    const node: Node = {
      id,
      disk,
      machine: new StateMachine(),
      voter: null,
      waiting: [],
      isHeld: false,
    }
    this.#nodes.set(nodeIdOf(id), node)
    this.#start(node, bootstrap)
  }

  #start(node: Node, bootstrap: Configuration): void {
    const { electionTimeoutMinMs: min, electionTimeoutMaxMs: max } = this.options
    const nodeId = nodeIdOf(node.id)
    node.machine = new StateMachine()
    node.voter = new Voter({
      id: node.id,
      options: this.options,
      restored: node.disk.restore(bootstrap),
      nowMs: this.#nowMs,
      // Each node has a timeout of its own, which a scenario can set.
      random: () => ((this.#timeoutsMs.get(nodeId) ?? min + 50 * nodeId) - min) / (max - min),
      checksum: (bytes) => crc32(bytes),
    })
  }

  node(nodeId: number): Node {
    const node = this.#nodes.get(nodeId)
    if (node === undefined) throw new Error(`there is no node ${nodeId}`)
    return node
  }

  get nodes(): IterableIterator<Node> {
    return this.#nodes.values()
  }

  idOf(nodeId: number): VoterId {
    return this.#nodes.get(nodeId)?.id ?? voterId(nodeId, 'a')
  }

  step(node: Node, input: Input): void {
    if (node.voter === null) return
    for (const effect of node.voter.step(this.#nowMs, input)) this.#carryOut(node, effect)
  }

  #carryOut(node: Node, effect: Effect): void {
    const line = describeEffect(effect)
    const isHidden = effect.type === 'send' && this.#hidden.has(effect.message.type)
    if (line !== null && !isHidden) this.#say(node, line)
    switch (effect.type) {
      case 'persist':
        return node.disk.submit({ type: 'persist', persist: effect })
      case 'send':
        node.waiting.push(effect)
        return this.#release(node, 0)
      case 'apply':
        for (const entry of effect.entries) node.machine.apply(entry)
        return
      case 'restoreSnapshot': {
        const bytes = node.disk.readSnapshot(effect.snapshot)
        if (bytes === undefined) throw new Error('the snapshot to restore is not there')
        return node.machine.restore(bytes)
      }
      case 'sendSnapshotChunk':
        return this.#sendChunk(node, effect)
      case 'writeSnapshotChunk': {
        const { snapshot: descriptor, position, bytes, last } = effect
        return node.disk.submit({ type: 'chunk', descriptor, position, bytes, last })
      }
      case 'discardSnapshot':
        return node.disk.discardIncoming()
      case 'compactLog':
        return node.disk.submit({ type: 'compact', throughIndex: effect.throughIndex })
      default:
    }
  }

  #sendChunk(node: Node, effect: Extract<Effect, { type: 'sendSnapshotChunk' }>): void {
    const { snapshot, position, maxBytes, term, to } = effect
    const whole = node.disk.readSnapshot(snapshot)
    if (whole === undefined) {
      return this.step(node, { type: 'snapshotUnreadable', to, index: snapshot.index })
    }
    const bytes = whole.subarray(position, position + maxBytes)
    const checksum = crc32(bytes)
    const message = { type: 'snapshotChunk', term, snapshot, position, bytes, checksum } as const
    if (!this.#hidden.has('snapshotChunk')) {
      this.#say(node, `-> ${nameOf(to)} ${describeMessage(message)}`)
    }
    this.#inFlight.push({ from: node.id, to, message })
  }

  /** Lets go what waited for persists up to `token`, or for none. */
  #release(node: Node, token: number): void {
    const held: Send[] = []
    for (const send of node.waiting) {
      if ((send.after ?? 0) > token) held.push(send)
      else this.#inFlight.push({ from: node.id, to: send.to, message: send.message })
    }
    node.waiting = held
  }

  completeDisk(node: Node): void {
    const { operation, chunk } = node.disk.complete()
    switch (operation.type) {
      case 'persist': {
        const { token } = operation.persist
        if (node.isHeld || !this.isAuto) this.#say(node, `persist #${token} is durable`)
        this.#release(node, token)
        return this.step(node, { type: 'durable', token })
      }
      case 'snapshot':
        return this.step(node, { type: 'snapshotTaken', snapshot: operation.descriptor })
      case 'chunk': {
        const { receivedBytes = 0, intact = false } = chunk ?? {}
        const { descriptor: snapshot } = operation
        return this.step(node, { type: 'snapshotChunkWritten', snapshot, receivedBytes, intact })
      }
      case 'compact':
    }
  }

  takeSnapshot(node: Node, sizeBytes: number): void {
    const described = node.voter?.describeSnapshot(node.machine.index) ?? null
    if (described === null) return this.#say(node, 'has nothing to take a snapshot of')
    const bytes = node.machine.snapshot(sizeBytes)
    const checksum = crc32(bytes)
    const descriptor = { ...described, sizeBytes: bytes.length, checksum }
    node.disk.submit({ type: 'snapshot', descriptor, bytes })
  }

  crash(node: Node, wholeCount: number, tornEntries: number | null): void {
    node.voter = null
    node.waiting = []
    node.disk.crash(wholeCount, tornEntries)
  }

  restart(node: Node): void {
    this.#start(node, this.#bootstrap.voters.includes(node.id) ? this.#bootstrap : noVoters)
    this.step(node, { type: 'tick' })
  }

  cut(links: readonly string[]): void {
    for (const link of links) this.#cut.add(link)
  }

  lose(link: string, type: string, counts: { skip: number; count: number }): void {
    this.#losses.push({ link, type, ...counts })
  }

  #isLost({ from, to, message }: InFlight): boolean {
    const link = `${nodeIdOf(from)}>${nodeIdOf(to)}`
    const loss = this.#losses.find(
      (each) => each.link === link && each.type === message.type && each.count > 0,
    )
    if (loss === undefined) return false
    if (loss.skip > 0) {
      loss.skip--
      return false
    }
    loss.count--
    return true
  }

  heal(): void {
    this.#cut.clear()
  }

  #isCut(from: VoterId, to: VoterId): boolean {
    return this.#cut.has(`${nodeIdOf(from)}>${nodeIdOf(to)}`)
  }

  /** Hands over what is in flight and `chosen`; what a cut link or a dead node loses is lost. */
  deliver(chosen: (message: InFlight) => boolean): boolean {
    const delivered = this.#inFlight.filter(chosen)
    this.#inFlight = this.#inFlight.filter((each) => !chosen(each))
    for (const each of delivered) {
      const { from, to, message } = each
      if (this.#isLost(each)) {
        this.note(`lost: ${nameOf(from)} -> ${nameOf(to)} ${describeMessage(message)}`)
        continue
      }
      const node = this.#nodes.get(nodeIdOf(to))
      if (this.#isCut(from, to) || node === undefined || node.id !== to) continue
      if (!this.isAuto && !this.#hidden.has(message.type)) {
        this.#say(node, `<- ${nameOf(from)} ${describeMessage(message)}`)
      }
      this.step(node, { type: 'message', from, message })
    }
    return delivered.length > 0
  }

  drop(chosen: (message: InFlight) => boolean): void {
    this.#inFlight = this.#inFlight.filter((each) => !chosen(each))
  }

  inFlight(): string[] {
    return this.#inFlight.map(
      ({ from, to, message }) => `${nameOf(from)} -> ${nameOf(to)} ${describeMessage(message)}`,
    )
  }

  /** Until nothing is under way but what a held disk keeps back. */
  settle(): void {
    for (let round = 0; round < 1_000; round++) {
      let isQuiet = true
      for (const node of this.#nodes.values()) {
        while (!node.isHeld && node.disk.pendingCount > 0) {
          isQuiet = false
          this.completeDisk(node)
        }
      }
      if (this.deliver(() => true)) isQuiet = false
      if (isQuiet) return
    }
    throw new Error('the world does not come to rest')
  }

  tick(durationMs: number): void {
    const endMs = this.#nowMs + durationMs
    while (this.#nowMs < endMs) {
      this.#nowMs += tickMs
      const before = this.#lines.length
      for (const node of this.#nodes.values()) this.step(node, { type: 'tick' })
      if (this.isAuto) this.settle()
      if (this.#lines.length > before) {
        this.#lines.splice(before, 0, `at ${this.#nowMs} ms`)
      }
    }
  }

  describeNode(node: Node): string {
    if (node.voter === null) return `${nameOf(node.id)}: down`
    const { status } = node.voter
    const { role, term, leader, firstIndex, last, commit, applied, configuration } = status
    const follows = leader === null || leader === node.id ? '' : ` of ${nameOf(leader)}`
    const quorum = describeConfiguration(configuration)
    const durable = status.durableIndex === last.index ? '' : ` (durable ${status.durableIndex})`
    const log = `log ${firstIndex}..${last.index}/${last.term}${durable}`
    const state = `applied ${applied} (${node.machine.hash.toString(16)})`
    const head = `${nameOf(node.id)}: ${role}${follows}, term ${term}`
    return `${head}, ${log}, commit ${commit}, ${state}, ${quorum}`
  }
}
