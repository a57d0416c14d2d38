// Clients of one group for the simulation: each does what a consumer would with the answers it
// gets, in whatever order it is told to move. Keeps what the group handed out, so that promises can
// be checked.

import type { GroupDriver } from '../../../../support/group-driver.ts'

export const partitionCount = 6
export const clientCount = 5

interface JoinAnswer {
  readonly errorCode: number
  readonly memberId: string
  readonly generationId: number
  readonly members: readonly { readonly memberId: string }[]
}

interface HeartbeatAnswer {
  readonly errorCode: number
}

interface SyncAnswer {
  readonly errorCode: number
  readonly assignment: Buffer
}

type Pending =
  | { readonly type: 'join'; readonly token: number }
  | { readonly type: 'heartbeat'; readonly token: number }
  | { readonly type: 'sync'; readonly token: number; readonly generationId: number }

/** Clients 0 and 1 are dynamic, 2 is too old to be given a member id first, 3 and 4 are static. */
export class GroupClient {
  readonly name: string
  readonly instance: string | null
  readonly #version: number
  readonly #driver: GroupDriver
  generationId = -1
  #isAssigned = false
  /** Set on the leader: who is to get partitions. */
  #members: readonly string[] = []
  #pending: Pending[] = []

  constructor(index: number, driver: GroupDriver) {
    this.name = `c${index}`
    this.instance = index >= 3 ? `i${index}` : null
    this.#version = index === 2 ? 3 : 9
    this.#driver = driver
  }

  join(topicIndex: number): void {
    const token = this.#driver.join(this.name, {
      version: this.#version,
      groupInstanceId: this.instance,
      topics: ['t', `t${topicIndex}`],
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 30_000,
    })
    this.#pending.push({ type: 'join', token })
  }

  sync(): void {
    if (this.generationId < 0) return
    const shares: Record<string, string> = {}
    for (let partition = 0; partition < partitionCount; partition++) {
      const owner = this.#members[partition % this.#members.length]
      if (owner !== undefined) shares[owner] = `${shares[owner] ?? ''}${partition}`
    }
    const { generationId } = this
    const rest = this.instance === null ? {} : { groupInstanceId: this.instance }
    const token = this.#driver.sync(this.name, generationId, shares, rest)
    this.#pending.push({ type: 'sync', token, generationId })
  }

  heartbeat(): void {
    this.#driver.heartbeat(this.name, this.generationId, this.instance)
  }

  leave(): void {
    this.#driver.leave(this.name)
    this.generationId = -1
  }

  /** Returns the token of the answer. */
  commit(key: string, offset: number): number {
    return this.#driver.commit(
      this.name,
      { [key]: offset },
      {
        memberId: this.#driver.memberId(this.name),
        groupInstanceId: this.instance,
        generationIdOrMemberEpoch: this.generationId,
      },
    )
  }

  /** The process dies: its connection closes, and it comes back without an id. */
  restart(): void {
    for (const { type, token } of this.#pending) {
      if (type === 'join' && !this.#driver.responses.has(token)) this.#driver.abandon(token)
    }
    this.lose()
    this.#driver.forget(this.name)
    this.generationId = -1
  }

  /** The broker is gone, and with it what was asked. */
  lose(): void {
    this.#pending = []
  }

  /** What a consumer does next that wants to be in the group and own partitions. */
  carryOn(): void {
    if (this.#pending.length > 0) return
    if (this.generationId < 0) {
      this.join(0)
      return
    }
    const token = this.#driver.heartbeat(this.name, this.generationId, this.instance)
    this.#pending.push({ type: 'heartbeat', token })
  }

  #leaveBehind(): void {
    this.generationId = -1
    this.#driver.forget(this.name)
  }

  /** Takes note of the answers that have come. */
  receive(onAssigned: (generationId: number, owner: string, assignment: string) => void): void {
    const answered = this.#pending.filter(({ token }) => this.#driver.responses.has(token))
    this.#pending = this.#pending.filter(({ token }) => !this.#driver.responses.has(token))
    for (const pending of answered) {
      const response = this.#driver.responses.get(pending.token)
      if (typeof response === 'string') continue
      if (pending.type === 'join') this.#onJoined(response as JoinAnswer)
      if (pending.type === 'heartbeat') this.#onHeartbeat(response as HeartbeatAnswer)
      if (pending.type === 'sync') {
        const { errorCode, assignment } = response as SyncAnswer
        const owner = this.instance ?? this.#driver.memberId(this.name)
        this.#isAssigned = errorCode === 0
        if (errorCode === 0) onAssigned(pending.generationId, owner, assignment.toString())
      }
    }
  }

  /** REBALANCE_IN_PROGRESS asks the member back; other errors tell it that it is out. */
  #onHeartbeat({ errorCode }: HeartbeatAnswer): void {
    if (errorCode === 27) this.join(0)
    else if (errorCode !== 0) this.#leaveBehind()
    else if (!this.#isAssigned) this.sync()
  }

  #onJoined({ errorCode, memberId, generationId, members }: JoinAnswer): void {
    if (errorCode !== 0) {
      this.generationId = -1
      // MEMBER_ID_REQUIRED brings the id to come back with; after other errors it is worth nothing.
      if (memberId === '' || errorCode === 25 || errorCode === 82) this.#driver.forget(this.name)
      return
    }
    this.generationId = generationId
    this.#isAssigned = false
    this.#members = members.map((member) => member.memberId)
  }
}
