// One member of a consumer group by the classic protocol: joins, takes or gives out the assignment,
// heartbeats, commits, leaves. Eager rebalancing: a member gives up all partitions before it joins
// again.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Cluster } from './cluster.ts'
import type { ResponseOf } from './connection.ts'
import { KafkaError, throwIfError } from './errors.ts'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from './group-protocol.ts'
import { findCoordinator, type NewOffset, offsetVersionMax } from './groups.ts'
import { heartbeatIntervalMs } from './limits.ts'
import { groupByTopic, type TopicPartition } from './offsets.ts'
import { assignRanges } from './range-assignor.ts'
import { backoffMs, pause } from './retry.ts'

export interface MemberOptions {
  readonly groupId: string
  readonly topics: readonly string[]
  readonly instanceId: string | null
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** Called when the member must join again: what it has is no longer its own. */
  readonly onRebalance: () => void
}

/**
 * The coordinator holds a JoinGroup until all have joined: no other request should wait behind it.
 */
const lane = 'group'
/** On top of the rebalance timeout, before a join counts as unanswered. */
const joinMarginMs = 5_000
const protocolType = 'consumer'
const assignorName = 'range'

type JoinResponse = ResponseOf<'joinGroup'>

export class GroupMember {
  readonly #cluster: Cluster
  readonly #options: MemberOptions
  #coordinator = -1
  #memberId = ''
  #generationId = -1
  #mustJoin = true
  #heartbeat: NodeJS.Timeout | undefined

  constructor(cluster: Cluster, options: MemberOptions) {
    this.#cluster = cluster
    this.#options = options
  }

  get groupId(): string {
    return this.#options.groupId
  }

  /** Whether the assignment has been lost, or there never was one. */
  get mustJoin(): boolean {
    return this.#mustJoin
  }

  /** Joins, and returns the partitions that this member has from now on. */
  async join(): Promise<TopicPartition[]> {
    this.#stopHeartbeat()
    const assigned = await this.#untilSettled()
    this.#mustJoin = false
    // Failures end in #lost.
    this.#heartbeat = setInterval(() => void this.#beat(), heartbeatIntervalMs)
    return assigned
  }

  /** Joins again for as long as the group changes under way. */
  async #untilSettled(): Promise<TopicPartition[]> {
    for (;;) {
      try {
        return await this.#cluster.retrying(() => this.#joinAndSync())
      } catch (error) {
        if (!isRejoin(error)) throw error
        this.#lost(error)
        await pause(backoffMs(0), this.#cluster.signal)
      }
    }
  }

  /**
   * Commits positions in the name of this member; a retriable error when the group is rebalancing.
   */
  async commit(offsets: readonly NewOffset[]): Promise<void> {
    if (offsets.length === 0) return
    const { groupId, instanceId } = this.#options
    try {
      const body = {
        groupId,
        generationIdOrMemberEpoch: this.#generationId,
        memberId: this.#memberId,
        groupInstanceId: instanceId,
        topics: groupByTopic(offsets).map(([name, list]) => ({
          name,
          partitions: list.map(({ partition, offset }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedMetadata: '',
          })),
        })),
      }
      const options = { lane, versionMax: offsetVersionMax }
      const { response } = await this.#cluster.toBroker(
        this.#coordinator,
        'offsetCommit',
        body,
        options,
      )
      for (const { name, partitions } of response.topics) {
        for (const { partitionIndex, errorCode } of partitions) {
          throwIfError(errorCode, `commit of ${name}-${partitionIndex}`)
        }
      }
    } catch (error) {
      this.#lost(error)
      throw error
    }
  }

  /**
   * Tells the group that this member is gone, so that the others need not wait for its session to
   * end.
   */
  async leave(): Promise<void> {
    this.#stopHeartbeat()
    const { groupId, instanceId } = this.#options
    // A static member keeps its partitions for its next start: that is what its instance id is for.
    if (this.#memberId === '' || instanceId !== null) return
    const memberId = this.#memberId
    await this.#cluster.toBroker(
      this.#coordinator,
      'leaveGroup',
      (version) =>
        version >= 3 ? { groupId, members: [{ memberId }] } : { groupId, memberId, members: [] },
      { lane },
    )
  }

  async #joinAndSync(): Promise<TopicPartition[]> {
    this.#coordinator = await findCoordinator(this.#cluster, this.#options.groupId)
    const joined = await this.#join()
    this.#generationId = joined.generationId
    const assignments =
      joined.leader === joined.memberId && !joined.skipAssignment ? await this.#assign(joined) : []
    const body = {
      groupId: this.#options.groupId,
      generationId: joined.generationId,
      memberId: joined.memberId,
      groupInstanceId: this.#options.instanceId,
      protocolType,
      protocolName: assignorName,
      assignments,
    }
    const options = { lane, timeoutMs: this.#options.rebalanceTimeoutMs + joinMarginMs }
    const { response } = await this.#cluster.toBroker(this.#coordinator, 'syncGroup', body, options)
    throwIfError(response.errorCode, `group ${this.#options.groupId}`)
    return decodeAssignment(response.assignment)
  }

  async #join(): Promise<JoinResponse> {
    const { groupId, topics, instanceId, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options
    const options = { lane, timeoutMs: rebalanceTimeoutMs + joinMarginMs }
    for (;;) {
      const body = {
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId: this.#memberId,
        groupInstanceId: instanceId,
        protocolType,
        protocols: [{ name: assignorName, metadata: encodeSubscription(topics) }],
      }
      const { response } = await this.#cluster.toBroker(
        this.#coordinator,
        'joinGroup',
        body,
        options,
      )
      const isFirst = this.#memberId === ''
      if (response.errorCode === 0 || response.errorCode === errorCodes.MEMBER_ID_REQUIRED) {
        this.#memberId = response.memberId
      }
      // The first answer only gives the id to join with (KIP-394).
      if (response.errorCode === errorCodes.MEMBER_ID_REQUIRED && isFirst) continue
      throwIfError(response.errorCode, `group ${groupId}`)
      return response
    }
  }

  /** As leader of the generation: the assignment of every member. */
  async #assign(joined: JoinResponse): Promise<{ memberId: string; assignment: Buffer }[]> {
    const subscribers = joined.members.map(({ memberId, groupInstanceId, metadata }) => ({
      memberId,
      groupInstanceId,
      topics: decodeSubscription(metadata),
    }))
    const topics = [...new Set(subscribers.flatMap((subscriber) => subscriber.topics))].sort()
    const counts = new Map<string, number>()
    for (const { name, partitions } of await this.#cluster.refresh(topics)) {
      counts.set(name, partitions.length)
    }
    const assigned = assignRanges(subscribers, counts)
    return [...assigned].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeAssignment(partitions),
    }))
  }

  async #beat(): Promise<void> {
    const body = {
      groupId: this.#options.groupId,
      generationId: this.#generationId,
      memberId: this.#memberId,
      groupInstanceId: this.#options.instanceId,
    }
    try {
      const { response } = await this.#cluster.toBroker(this.#coordinator, 'heartbeat', body, {
        lane,
      })
      throwIfError(response.errorCode, `group ${this.#options.groupId}`)
    } catch (error) {
      this.#lost(error)
    }
  }

  /** Whatever the error is, this member has to ask the coordinator for its place anew. */
  #lost(error: unknown): void {
    if (isRejoin(error) && error.kafkaError === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
    this.#stopHeartbeat()
    this.#mustJoin = true
    this.#options.onRebalance()
  }

  #stopHeartbeat(): void {
    clearInterval(this.#heartbeat)
    this.#heartbeat = undefined
  }
}

/**
 * Errors that say no more than that the group has gone on without this member's present place in
 * it.
 */
const rejoinErrors: ReadonlySet<string> = new Set([
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'REBALANCE_IN_PROGRESS',
])

export function isRejoin(error: unknown): error is KafkaError {
  return error instanceof KafkaError && rejoinErrors.has(error.kafkaError)
}
