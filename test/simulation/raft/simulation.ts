// One seed: a quorum under faults, then healed. While the faults last nothing may break
// (checker.ts); after they end everyone must come together again, in the quorum that the operator
// wants, and go on.

import { isJoint, isVoter, noVoters } from '@samsa/raft/core/configuration'
import type { Effect } from '@samsa/raft/core/effects'
import { defaultRaftOptions, type RaftOptions } from '@samsa/raft/core/options'
import { rules } from '@samsa/raft/core/rules'
import { nodeIdOf, type VoterId, voterId } from '@samsa/raft/core/types'
import { EventQueue } from '../shared/event-queue.ts'
import { Random } from '../shared/random.ts'
import { violated } from '../shared/violation.ts'
import { Checker } from './checker.ts'
import { drawFaults, type Faults } from './faults.ts'
import type { Mutation } from './mutations.ts'
import { Network } from './network.ts'
import { SimulatedNode } from './simulated-node.ts'

const healWithinMs = 20_000

export interface SimulationSetup {
  readonly seed: number
  readonly mutation?: Mutation
  readonly faults?: Partial<Faults>
  /** Whoever is at this boundary between two effects, counted over all nodes, dies there. */
  readonly crashAtBoundary?: number
  readonly log?: (line: string) => void
}

export interface Report {
  readonly seed: number
  readonly events: number
  /** Between effects, before the faults ended. */
  readonly boundaries: number
  readonly committed: number
  readonly elections: number
  readonly acknowledged: number
  readonly reads: number
  readonly snapshotsInstalled: number
  readonly quorumChanges: number
  readonly repairs: number
}

export class Simulation {
  readonly faults: Faults
  readonly #setup: SimulationSetup
  readonly #random: Random
  readonly #events = new EventQueue()
  readonly #checker = new Checker()
  readonly #network: Network
  readonly #nodes: SimulatedNode[] = []
  readonly #mutation: Mutation
  #isHealed = false
  #requests = 0
  #wipes = 0
  /** By request: what every read that begins now must see at least. */
  readonly #reads = new Map<number, number>()
  readonly #proposals = new Map<number, { term: number; index: number }>()
  readonly #counts = {
    events: 0,
    boundaries: 0,
    elections: 0,
    acknowledged: 0,
    reads: 0,
    snapshotsInstalled: 0,
    quorumChanges: 0,
    repairs: 0,
  }

  constructor(setup: SimulationSetup) {
    this.#setup = setup
    this.#mutation = setup.mutation ?? {}
    this.#random = new Random(setup.seed)
    this.faults = { ...drawFaults(this.#random), ...this.#mutation.faults, ...setup.faults }
    this.#network = new Network({
      events: this.#events,
      random: this.#random.fork(),
      faults: this.faults,
      deliver: (from, to, message) => {
        const node = this.#nodes[nodeIdOf(to) - 1]
        if (node?.id === to) node.give({ type: 'message', from, message })
      },
    })
    this.#addNodes()
  }

  #addNodes(): void {
    const { faults } = this
    const options: RaftOptions = {
      ...defaultRaftOptions,
      // Times of their own, so that a seed plays the same way when the defaults change.
      heartbeatMs: 60,
      electionTimeoutMinMs: 300,
      electionTimeoutMaxMs: 600,
      snapshotChunkBytes: faults.snapshotChunkBytes,
      trailingEntries: faults.trailingEntries,
      appendBytesMax: faults.appendBytesMax,
      inflightAppendsMax: faults.inflightAppendsMax,
      uncommittedBytesMax: 4_000,
      promotionLagEntriesMax: 20,
    }
    const voters: VoterId[] = []
    for (let node = 1; node <= faults.voterCount; node++) voters.push(voterId(node, '0'))
    const bootstrap = { voters, outgoing: [], learners: [] }
    const world = {
      options,
      faults,
      events: this.#events,
      random: this.#random,
      rules: { ...rules, ...this.#mutation.rules },
      checker: this.#checker,
      flaws: this.#mutation.flaws ?? {},
      readsByTheClock: this.#mutation.readsByTheClock === true,
      ignoresAfter: this.#mutation.ignoresAfter === true,
      isHealed: () => this.#isHealed,
      isLastEffect: () => ++this.#counts.boundaries === this.#setup.crashAtBoundary,
      send: this.#network.send.bind(this.#network),
      diskOf: (id: VoterId) => this.#nodes.find((node) => node.id === id)?.disk,
      happened: (node: SimulatedNode, effect: Effect) => this.#happened(node, effect),
      log: (line: () => string) => this.#log(line),
    }
    for (let nodeId = 1; nodeId <= faults.nodeCount; nodeId++) {
      const id = voterId(nodeId, '0')
      const isVoter = voters.includes(id)
      const node = new SimulatedNode(world, {
        nodeId,
        id,
        bootstrap: isVoter ? bootstrap : noVoters,
      })
      this.#nodes.push(node)
    }
  }

  #log(line: () => string): void {
    this.#setup.log?.(`${this.#events.nowMs.toFixed(1).padStart(8)} ${line()}`)
  }

  /** Throws what was broken. */
  run(): Report {
    for (const node of this.#nodes) node.start()
    this.#planFaults()
    this.#planClients()
    this.#runUntil(this.faults.durationMs)
    this.#heal()
    this.#comeTogether()
    return { seed: this.#setup.seed, committed: this.#checker.committedMax, ...this.#counts }
  }

  #runUntil(untilMs: number): void {
    while (this.#events.next(untilMs)) this.#counts.events++
  }

  /** Calls `happen` now and again, on average every `meanMs`, for as long as faults last. */
  #every(meanMs: number, happen: () => void): void {
    if (meanMs === 0) return
    const random = this.#random.fork()
    const plan = () => {
      this.#events.after(random.between(0, 2 * meanMs), () => {
        if (this.#isHealed) return
        happen()
        plan()
      })
    }
    plan()
  }

  get #running(): SimulatedNode[] {
    return this.#nodes.filter((node) => node.voter !== null)
  }

  /** The node that leads the latest term, as far as anyone knows. */
  get #leader(): SimulatedNode | undefined {
    let leader: SimulatedNode | undefined
    for (const node of this.#running) {
      if (node.voter?.status.role !== 'leader') continue
      if (node.voter.status.term > (leader?.voter?.status.term ?? 0)) leader = node
    }
    return leader
  }

  /** Faults hit whoever leads more often than chance would have it. */
  #victim(random: Random): SimulatedNode {
    const leader = random.chance(0.5) ? this.#leader : undefined
    return leader ?? random.pick(this.#nodes)
  }

  #planFaults(): void {
    const { faults } = this
    const random = this.#random.fork()
    this.#every(faults.partitionEveryMs, () => {
      if (random.chance(0.4)) return this.#network.repair()
      const all = this.#nodes.map((node) => node.nodeId)
      const kind = this.#network.partition(all, this.#victim(random).nodeId)
      this.#log(() => `partition: ${kind}`)
    })
    this.#every(faults.crashEveryMs, () => this.#crash(this.#victim(random), random))
    this.#every(faults.falseAlarmEveryMs, () => {
      const peer = this.#victim(random).id
      for (const node of random.some(this.#nodes, 0.5)) node.give({ type: 'peerDown', peer })
    })
    // Whoever is down comes back, whatever took it down.
    this.#every(300, () => {
      for (const node of random.some(this.#nodes)) if (node.voter === null) node.start()
    })
    this.#every(faults.pauseEveryMs, () => {
      const node = this.#victim(random)
      node.pause()
      this.#log(() => `${node.id} is paused`)
      this.#events.after(random.between(50, 1_500), () => node.resume())
    })
    this.#every(faults.clockJumpEveryMs, () => {
      this.#victim(random).jumpClock(random.between(-3_600_000, 3_600_000))
    })
    this.#every(faults.transferEveryMs, () => {
      this.#leader?.give({ type: 'transferLeadership', to: random.pick(this.#nodes).id })
    })
    this.#every(faults.membershipEveryMs, () => this.#changeMembership(random))
    this.#every(faults.damageEveryMs, () => this.#damage(random))
    this.#every(faults.wipeEveryMs, () => this.#wipe(random))
  }

  #crash(victim: SimulatedNode, random: Random): void {
    victim.crash()
    if (!this.faults.tellsOfCrashes) return
    const peer = victim.id
    for (const node of random.some(this.#nodes, 0.8)) {
      this.#events.after(random.between(0, 30), () => node.give({ type: 'peerDown', peer }))
    }
  }

  #changeMembership(random: Random): void {
    // A quorum that is short of a disk must not be made to depend on it.
    if (this.#isShortOfDisks()) return
    const voters = random.some(this.#nodes, 0.6).map((node) => node.id)
    const learners = random.some(this.#nodes, 0.5).map((node) => node.id)
    const requestId = ++this.#requests
    this.#leader?.give({ type: 'changeMembership', requestId, voters, learners })
  }

  /**
   * Whether some voter has lost what it had: more at a time than a quorum can bear would prove
   * nothing.
   */
  #isShortOfDisks(): boolean {
    const ids = new Set(this.#nodes.map((node) => node.id))
    return this.#nodes.some(({ disk, voter }) => {
      const isDamaged = disk.isDamaged || disk.hardState?.damagedInTerm !== null
      const { voters = [], outgoing = [] } = voter?.status.configuration ?? {}
      const isDamagedLive = (voter?.status.damagedInTerm ?? null) !== null
      const hasWiped = [...voters, ...outgoing].some((id) => !ids.has(id))
      return (isDamaged && disk.hardState !== null) || isDamagedLive || hasWiped
    })
  }

  /** The leader's quorum, if it has at least three voters, all up, whole and of one mind. */
  #settledQuorum(): SimulatedNode[] | null {
    const status = this.#leader?.voter?.status
    if (status === undefined || this.#isShortOfDisks()) return null
    // It could make the quorum depend on the disk that is about to be lost.
    if (this.#nodes.some((node) => node.isToldToChange)) return null
    const { configuration, configurationIndex } = status
    if (isJoint(configuration) || configurationIndex > status.commit) return null
    const quorum = this.#nodes.filter((node) => isVoter(configuration, node.id))
    if (quorum.length < 3) return null
    const agrees = (node: SimulatedNode) =>
      node.voter !== null && node.voter.status.configurationIndex === configurationIndex
    return quorum.every(agrees) ? quorum : null
  }

  #damage(random: Random): void {
    const quorum = this.#settledQuorum()
    if (quorum === null) return
    const node = random.pick(quorum)
    node.crash()
    node.disk.damageFrom(random.integer(1, node.disk.lastIndex + 1))
    this.#checker.forgets(node.id)
    this.#counts.repairs++
    this.#log(() => `${node.id} is damaged from ${node.disk.lastIndex + 1} on`)
  }

  #wipe(random: Random): void {
    const quorum = this.#settledQuorum()
    if (quorum === null) return
    const node = random.pick(quorum)
    this.#checker.forgets(node.id)
    const keepsId = this.#mutation.wipesKeepIdentity === true
    const id = keepsId ? node.id : voterId(node.nodeId, String(++this.#wipes))
    this.#log(() => `${node.id} loses its disk and comes back as ${id}`)
    node.wipe(id, noVoters)
    this.#counts.repairs++
  }

  #planClients(): void {
    const random = this.#random.fork()
    this.#every(this.faults.proposeEveryMs, () => {
      const node = random.chance(0.8) ? this.#leader : random.pick(this.#nodes)
      this.#propose(node, random.integer(1, 4))
    })
    this.#every(this.faults.readEveryMs, () => {
      // Whoever thinks that it leads is asked, also one that others have deposed.
      for (const node of this.#running) {
        if (node.voter?.status.role !== 'leader') continue
        const requestId = ++this.#requests
        this.#reads.set(requestId, this.#checker.committedMax)
        node.give({ type: 'read', requestId })
      }
    })
  }

  #propose(node: SimulatedNode | undefined, count: number): void {
    const requestId = ++this.#requests
    const data: Buffer[] = []
    for (let each = 0; each < count; each++) data.push(Buffer.from(`value ${requestId}.${each}`))
    node?.give({ type: 'propose', requestId, data })
  }

  #happened(node: SimulatedNode, effect: Effect): void {
    switch (effect.type) {
      case 'becameLeader':
        this.#counts.elections++
        return
      case 'proposed':
        this.#proposals.set(effect.lastIndex, { term: effect.term, index: effect.lastIndex })
        return
      case 'apply':
        for (const { index, term } of effect.entries) {
          if (this.#proposals.get(index)?.term !== term) continue
          this.#proposals.delete(index)
          this.#counts.acknowledged++
        }
        return
      case 'restoreSnapshot':
        this.#counts.snapshotsInstalled++
        return
      case 'configurationApplied':
        this.#counts.quorumChanges++
        return
      case 'readReady': {
        this.#counts.reads++
        const atLeast = this.#reads.get(effect.requestId) ?? 0
        if (effect.index < atLeast) {
          violated(3, `${node.id} answers a read at ${effect.index}, but ${atLeast} was committed`)
        }
        return
      }
      default:
    }
  }

  #heal(): void {
    this.#isHealed = true
    this.#network.heal()
    this.#log(() => 'all faults end')
    for (const node of this.#nodes) {
      node.mendClock()
      node.resume()
      if (node.voter !== null) continue
      node.start()
    }
  }

  /**
   * The operator asks for all nodes as voters until that is so, and then a proposal reaches
   * everyone.
   */
  #comeTogether(): void {
    const deadlineMs = this.#events.nowMs + healWithinMs
    const wanted = this.#nodes.map((node) => node.id)
    const end = { isReached: false }
    const operate = () => {
      end.isReached = this.#isTogether(wanted)
      if (end.isReached) return
      this.#askForQuorum(wanted)
      this.#propose(this.#leader, 1)
      this.#events.after(250, operate)
    }
    this.#events.after(1_000, operate)
    while (!end.isReached && this.#events.next(deadlineMs)) this.#counts.events++
    if (!end.isReached) violated(6, `no progress within ${healWithinMs} ms of the last fault`)
  }

  #askForQuorum(wanted: readonly VoterId[]): void {
    const leader = this.#leader
    if (leader?.voter === undefined || leader.voter === null) return
    const current = leader.voter.status.configuration.voters.filter((id) => wanted.includes(id))
    for (const voters of [wanted, current]) {
      const requestId = ++this.#requests
      leader.give({ type: 'changeMembership', requestId, voters, learners: wanted })
    }
  }

  #isTogether(wanted: readonly VoterId[]): boolean {
    const leader = this.#leader?.voter?.status
    if (leader === undefined || isJoint(leader.configuration)) return false
    if (leader.configuration.voters.length !== wanted.length) return false
    if (leader.commit < leader.last.index || leader.last.index < 3) return false
    return this.#nodes.every((node) => {
      const status = node.voter?.status
      return status?.applied === leader.commit && status.damagedInTerm === null
    })
  }
}
