// Changes of the quorum, as its leader makes them: a newcomer gets the log first and votes when it
// has caught up; who is removed goes on as an observer; what else is under way is waited for. Each
// ends by its deadline. Observers are Raft's learners.

import { nodeIdOf, type VoterId } from '@samsa/raft/core/types'
import type { RaftClock } from '@samsa/raft/driver/clock'
import { LostLeadershipError, NotLeaderError, RefusedError } from '@samsa/raft/driver/errors'
import type { RaftNode } from '@samsa/raft/driver/raft-node'
import { ControllerError } from '../errors.ts'

const changeWithinMs = 30_000
/** How often a newcomer is looked at, and a change that was refused for now is asked for again. */
const retryMs = 20
/** Heartbeats are answered several times a second. */
const inTouchWithinMs = 1_000
/** An observer that is silent for so long is gone; it asks anew if it is not. */
const observerSilenceMaxMs = 30_000
const tendEveryMs = 5_000
/** Controllers that wait to be added: more than a quorum can ever have use for. */
const observersMax = 20

export class Membership {
  readonly #node: RaftNode
  readonly #clock: RaftClock
  /** One change at a time: each starts from what the one before has left. Never rejects. */
  #last: Promise<unknown> = Promise.resolve()
  #stopTending: () => void = () => undefined

  constructor(node: RaftNode, clock: RaftClock) {
    this.#node = node
    this.#clock = clock
  }

  /** Makes them voters. Others of the same node are refused, or replaced if that is wanted. */
  add(newcomers: readonly VoterId[], { replaces }: { readonly replaces: boolean }): Promise<void> {
    return this.#inTurn(async (deadlineMs) => {
      const { voters } = this.#configuration
      const missing = newcomers.filter((id) => !voters.includes(id))
      const nodeIds = new Set(newcomers.map(nodeIdOf))
      const others = voters.filter((id) => nodeIds.has(nodeIdOf(id)) && !newcomers.includes(id))
      const isDuplicate = missing.length === 0 || others.length > 0
      if (!replaces && isDuplicate) {
        const nodes = newcomers.map(nodeIdOf).join(', ')
        throw new ControllerError('DUPLICATE_VOTER', `Node ${nodes} is a voter already.`)
      }
      if (missing.length === 0) return
      await this.#catchUp(missing, deadlineMs)
      const { voters: now, learners } = this.#configuration
      const isOther = (id: VoterId) => !nodeIds.has(nodeIdOf(id))
      const wanted = [...now.filter(isOther), ...newcomers]
      await this.#change(wanted, learners.filter(isOther), deadlineMs)
    })
  }

  /** Gives it the log, and no vote. It takes the place of observers of the same node. */
  observe(newcomer: VoterId): Promise<void> {
    return this.#inTurn(async (deadlineMs) => {
      const { voters, learners } = this.#configuration
      if (voters.includes(newcomer) || learners.includes(newcomer)) return
      const others = learners.filter((id) => nodeIdOf(id) !== nodeIdOf(newcomer))
      if (others.length >= observersMax) {
        throw new ControllerError('INVALID_REQUEST', `There are ${observersMax} observers already.`)
      }
      await this.#change(voters, [...others, newcomer], deadlineMs)
    })
  }

  /** For as long as this node leads, observers that have not been heard of for long are dropped. */
  tend(): void {
    this.#stopTending()
    this.#stopTending = this.#clock.after(tendEveryMs, () => {
      if (this.#node.status.role !== 'leader') return
      this.tend()
      if (this.#silentObservers.length === 0) return
      // What keeps it from being done now does not keep it from being done next time.
      this.#dropSilentObservers().catch(() => undefined)
    })
  }

  close(): void {
    this.#stopTending()
  }

  #dropSilentObservers(): Promise<void> {
    return this.#inTurn(async (deadlineMs) => {
      const { voters, learners } = this.#configuration
      await this.#change(voters, without(learners, this.#silentObservers), deadlineMs)
    })
  }

  get #silentObservers(): VoterId[] {
    const { learners, voters } = this.#configuration
    return without(learners, voters).filter((id) => !this.#isHeard(id, observerSilenceMaxMs))
  }

  #isHeard(id: VoterId, withinMs: number): boolean {
    const lastMs = this.#node.status.followers.get(id)?.lastContactMs
    return lastMs !== undefined && this.#clock.nowMs() - lastMs <= withinMs
  }

  remove(voter: VoterId): Promise<void> {
    return this.#inTurn(async (deadlineMs) => {
      const { voters, learners } = this.#configuration
      if (!voters.includes(voter)) {
        throw new ControllerError('VOTER_NOT_FOUND', `${voter} is no voter.`)
      }
      if (voters.length === 1) {
        throw new ControllerError('INVALID_REQUEST', `${voter} is the last voter.`)
      }
      const isOwn = voter === this.#node.status.leader
      if (isOwn) await this.#handOver()
      const stays = isOwn || this.#isHeard(voter, inTouchWithinMs) ? [voter] : []
      await this.#change(without(voters, [voter]), [...learners, ...stays], deadlineMs)
    })
  }

  /**
   * A leader that is to go hands over first: the others have a leader all the while, and whoever
   * asked is told who removes it. Where nobody can take over, it removes itself.
   */
  async #handOver(): Promise<void> {
    try {
      await this.#node.transferLeadership()
    } catch (error) {
      if (error instanceof RefusedError) return
      throw asControllerError(error)
    }
    throw notActive()
  }

  get #configuration() {
    return this.#node.status.configuration
  }

  #inTurn(change: (deadlineMs: number) => Promise<void>): Promise<void> {
    const deadlineMs = this.#clock.nowMs() + changeWithinMs
    const done = this.#last.then(() => {
      if (this.#node.status.role !== 'leader') throw notActive()
      return change(deadlineMs)
    })
    this.#last = done.catch(() => undefined)
    return done
  }

  /** Gives them the log, and takes it away again if they do not come along. */
  async #catchUp(newcomers: readonly VoterId[], deadlineMs: number): Promise<void> {
    const { voters, learners } = this.#configuration
    const wanted = [...new Set([...learners, ...newcomers])]
    if (wanted.length > learners.length) await this.#change(voters, wanted, deadlineMs)
    const hasBegun = () => {
      const { followers, role } = this.#node.status
      if (role !== 'leader') throw notActive()
      return newcomers.every(
        (id) => (followers.get(id)?.match ?? 0) > 0 && this.#isHeard(id, inTouchWithinMs),
      )
    }
    while (!hasBegun()) {
      if (this.#clock.nowMs() < deadlineMs) {
        await this.#pause()
        continue
      }
      const now = this.#configuration
      await this.#change(now.voters, without(now.learners, newcomers), deadlineMs + changeWithinMs)
      throw late(`${newcomers.join(', ')} did not catch up with the metadata log`)
    }
  }

  async #change(
    voters: readonly VoterId[],
    learners: readonly VoterId[],
    deadlineMs: number,
  ): Promise<void> {
    for (;;) {
      try {
        return await this.#node.changeMembership(voters, learners)
      } catch (error) {
        if (!(error instanceof RefusedError)) throw asControllerError(error)
        if (error.reason === 'noChange') return
        if (this.#clock.nowMs() >= deadlineMs) throw late(`the quorum refuses: ${error.reason}`)
      }
      await this.#pause()
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(retryMs, resolve))
  }
}

function without(ids: readonly VoterId[], gone: readonly VoterId[]): VoterId[] {
  return ids.filter((id) => !gone.includes(id))
}

function late(why: string): ControllerError {
  return new ControllerError('REQUEST_TIMED_OUT', `The change of the quorum took too long: ${why}.`)
}

function notActive(): ControllerError {
  return new ControllerError('NOT_CONTROLLER', 'This node is not the active controller.')
}

/** What went wrong with a change, in the words of the Kafka protocol. */
export function asControllerError(error: unknown): Error {
  if (error instanceof NotLeaderError || error instanceof LostLeadershipError) return notActive()
  return error instanceof Error ? error : new Error(String(error))
}
