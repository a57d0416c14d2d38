// How a node without a metadata log comes to one. It founds a quorum only where nobody can have
// one: it has the lowest id of the configured voters, and every other of them has said that it is
// blank, too. All others ask for the log, as observers, and wait to be added, or ask to be.

import type { DescribeResponse } from '@samsa/proto/grpc/gen/raft'
import { nodeIdOf, type VoterId } from '@samsa/raft/core/types'
import type { RaftClock } from '@samsa/raft/driver/clock'
import type { Address } from '@samsa/raft/grpc/address-book'
import type { StaticVoter } from './addresses.ts'
import type { Peers } from './peers.ts'

/** Soon at first, when all nodes of a cluster are started together. */
const askAgainMinMs = 25
const askAgainMaxMs = 400
const joinEveryMs = 200
const lookEveryMs = 500
const leaderHeardWithinMs = 2_000

export interface FormationSetup {
  readonly nodeId: number
  readonly voters: readonly StaticVoter[]
  /** Where members may be found, besides the voters. */
  readonly bootstrapServers: readonly Address[]
  /** Where those of the quorum are that the log tells of. */
  readonly members: () => readonly Address[]
  readonly peers: Peers
  readonly clock: RaftClock
  readonly signal: AbortSignal
}

export interface Joining {
  readonly self: VoterId
  readonly isVoter: () => boolean
  /** A leader speaks to it, as a voter or an observer. */
  readonly isFollowing: () => boolean
  readonly ownAddress: () => Address
  readonly clusterId: () => string
  readonly refused: (reason: string) => void
}

export class Formation {
  readonly #setup: FormationSetup
  readonly #others: readonly StaticVoter[]
  #lastReason: string | null = null

  constructor(setup: FormationSetup) {
    this.#setup = setup
    this.#others = setup.voters.filter(({ nodeId }) => nodeId !== setup.nodeId)
  }

  get isFounder(): boolean {
    const { nodeId, voters } = this.#setup
    const isVoter = voters.some((voter) => voter.nodeId === nodeId)
    return isVoter && this.#others.every((other) => nodeId < other.nodeId)
  }

  get isAlone(): boolean {
    return this.isFounder && this.#others.length === 0
  }

  /** Whether this node is to found the quorum: resolves once every other voter has answered. */
  async mayFound(): Promise<boolean> {
    if (!this.isFounder) return false
    const answers = await this.#untilAll((answer) => !answer.blank)
    return answers?.every(({ blank }) => blank) ?? false
  }

  /**
   * The other voters, once all of them are blank or on their way in: the founder makes them voters.
   * Null when one is neither, for then there is nothing left to found.
   */
  async blankOthers(isComing: (voter: VoterId) => boolean): Promise<VoterId[] | null> {
    const isOther = ({ blank, voter }: DescribeResponse) => !blank && !isComing(voter as VoterId)
    const answers = await this.#untilAll(isOther)
    if (answers === null || answers.some(isOther)) return null
    return answers.map(({ voter }) => voter as VoterId)
  }

  /** What all others answer; one answer that `settles` is enough. Null when this is to end. */
  async #untilAll(
    settles: (answer: DescribeResponse) => boolean,
  ): Promise<DescribeResponse[] | null> {
    const { peers, signal } = this.#setup
    for (let delayMs = askAgainMinMs; !signal.aborted; ) {
      const asked = this.#others.map((other) =>
        this.#answerOf(other, peers.describe(other, signal)),
      )
      const answers = (await Promise.all(asked)).filter((answer) => answer !== null)
      const settled = answers.find(settles)
      if (settled !== undefined) return [settled]
      if (answers.length === this.#others.length) return answers
      await this.#pause(delayMs)
      delayMs = Math.min(2 * delayMs, askAgainMaxMs)
    }
    return null
  }

  /** Somebody else may listen at an address by mistake: that is no answer. */
  async #answerOf(
    { nodeId }: StaticVoter,
    asked: Promise<DescribeResponse | null>,
  ): Promise<DescribeResponse | null> {
    const answer = await asked
    return answer !== null && nodeIdOf(answer.voter as VoterId) === nodeId ? answer : null
  }

  /**
   * Asks the leader to be made a voter until it is one; one that is patient gives a leader time to
   * be heard of first.
   */
  async join(of: Joining, { isPatient }: { readonly isPatient: boolean }): Promise<void> {
    const { signal } = this.#setup
    // By a log that is out of date it may be a voter that was removed while it was down. Then no
    // leader speaks to it.
    const isDone = () => of.isVoter() && of.isFollowing()
    if (isPatient) await this.#pause(leaderHeardWithinMs)
    while (!signal.aborted && !isDone()) {
      await this.#askLeader(of, { isObserver: false, isDone })
      await this.#pause(joinEveryMs)
    }
  }

  /**
   * For as long as it runs, has the leader let this node follow whenever none has spoken to it for
   * a while: before it was added, after it was removed, or dropped for a long silence.
   */
  async keepFollowing(of: Joining, { isPatient }: { readonly isPatient: boolean }): Promise<void> {
    const { clock, signal } = this.#setup
    let since = isPatient ? clock.nowMs() : Number.NEGATIVE_INFINITY
    while (!signal.aborted) {
      if (of.isFollowing()) since = clock.nowMs()
      else if (clock.nowMs() - since >= leaderHeardWithinMs) {
        await this.#askLeader(of, { isObserver: true, isDone: of.isFollowing })
      }
      await this.#pause(lookEveryMs)
    }
  }

  /** Tells `refused` when the reason is another than before. */
  async #askLeader(
    of: Joining,
    { isObserver, isDone }: { readonly isObserver: boolean; readonly isDone: () => boolean },
  ): Promise<void> {
    const { peers, signal } = this.#setup
    const leader = await this.#leader()
    if (leader === null || isDone()) return
    const who = { voter: of.self, clusterId: of.clusterId(), observer: isObserver }
    const reason = await peers.join(leader, { ...who, ...of.ownAddress() }, signal)
    if (reason !== null && reason !== this.#lastReason && !signal.aborted) of.refused(reason)
    this.#lastReason = reason
  }

  async #leader(): Promise<Address | null> {
    const { peers, signal, bootstrapServers, members } = this.#setup
    for (const address of [...this.#others, ...bootstrapServers, ...members()]) {
      const answer = await peers.describe(address, signal)
      if (answer === null || answer.leader === '' || answer.leaderPort === 0) continue
      return { host: answer.leaderHost, port: answer.leaderPort }
    }
    return null
  }

  #pause(delayMs: number): Promise<void> {
    const { clock, signal } = this.#setup
    return new Promise((resolve) => {
      const cancel = clock.after(delayMs, end)
      function end() {
        signal.removeEventListener('abort', abort)
        resolve()
      }
      function abort() {
        cancel()
        resolve()
      }
      signal.addEventListener('abort', abort, { once: true })
    })
  }
}
