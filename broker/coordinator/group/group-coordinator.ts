// The group coordinator: one LedPartition for each partition of `__consumer_offsets` that this node
// leads, and the way of each request to the one that keeps its group. Checks what needs no group's
// state; decides nothing else.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { Clock, Timers } from '../../clock.ts'
import { keyPartition } from '../key-partition.ts'
import type { MarkerBatch, PartitionWriter } from '../partition-writer.ts'
import { joinError, syncError } from './classic/answers.ts'
import { describeError } from './consumer/describe.ts'
import { heartbeatError as consumerHeartbeatError } from './consumer/heartbeat.ts'
import { heartbeatProblem } from './consumer/request-check.ts'
import type { DeletedTopic, RequestEvent } from './events.ts'
import type { GroupConfig } from './group-config.ts'
import { LedPartition } from './led-partition.ts'
import { identifierBytesMax } from './limits.ts'
import type {
  ConsumerHeartbeatRequest,
  ConsumerHeartbeatResponse,
  DeletedGroup,
  DescribedConsumerGroup,
  DescribedGroup,
  DescribedStreamsGroup,
  FetchedOffsets,
  HeartbeatRequest,
  HeartbeatResponse,
  JoinGroupRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
  LeaveGroupResponse,
  ListedGroup,
  ListGroupsRequest,
  ListGroupsResponse,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetDeleteRequest,
  OffsetDeleteResponse,
  OffsetFetchGroup,
  StreamsHeartbeatRequest,
  SyncGroupRequest,
  SyncGroupResponse,
  TxnOffsetCommitRequest,
  TxnOffsetCommitResponse,
} from './messages.ts'
import { answerAll } from './offsets/commit.ts'
import { answerAllTransactional } from './offsets/transactional.ts'
import { describeStreamsError } from './streams/describe.ts'
import type { StreamsHeartbeatResult } from './streams/heartbeat-result.ts'
import { streamsHeartbeatError, streamsHeartbeatProblem } from './streams/request-check.ts'
import type { TopicsView } from './topics-view.ts'

/** Who asks: a part of the handler's RequestContext. */
export interface GroupCaller {
  readonly apiVersion: number
  readonly clientId: string | null
  readonly clientHost: string
  readonly signal: AbortSignal
}

export interface GroupCoordinatorOptions {
  readonly config: () => GroupConfig
  /** The topics of the cluster as they are now. */
  readonly topics: () => TopicsView
  /** Of `__consumer_offsets`: as the topic is, or as it is going to be made. */
  readonly partitionCount: () => number
  readonly writer: PartitionWriter
  readonly clock: Clock
  readonly timers: Timers
  /** A random UUID in its usual text form: member ids are made of it. */
  readonly newUuid: () => string
  /**
   * A partition that could not be read, or whose state broke a rule. It is read again by itself.
   */
  readonly onFault: (partition: number, error: unknown) => void
}

/** Of requests that come from no client's connection. */
const forGood = new AbortController().signal

interface Led {
  readonly partition: LedPartition
  readonly leaderEpoch: number
}

export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions
  readonly #led = new Map<number, Led>()
  #cleaning: { cancel(): void } | undefined
  #closed = false

  constructor(options: GroupCoordinatorOptions) {
    this.#options = options
  }

  /** The partition of `__consumer_offsets` that keeps a group. */
  partitionFor(groupId: string): number {
    return keyPartition(groupId, this.#options.partitionCount())
  }

  /**
   * This node leads the partition. Resolves when its groups are served; until then requests get
   * COORDINATOR_LOAD_IN_PROGRESS. In a new epoch everything is read anew: another may have led in
   * between, and what was being written may be there or not.
   */
  async onElected(partition: number, leaderEpoch: number): Promise<void> {
    if (this.#closed) return
    const known = this.#led.get(partition)
    if (known !== undefined && known.leaderEpoch >= leaderEpoch) return
    known?.partition.close()
    const led = new LedPartition({ ...this.#options, partition, leaderEpoch })
    this.#led.set(partition, { partition: led, leaderEpoch })
    if (this.#cleaning === undefined) this.#scheduleCleaning()
    await led.load()
  }

  /** This node does not lead the partition any more: what waits is answered NOT_COORDINATOR. */
  onResigned(partition: number): void {
    this.#led.get(partition)?.partition.close()
    this.#led.delete(partition)
  }

  /** Removes what groups have committed for topics that are no more. */
  onTopicsDeleted(topics: readonly DeletedTopic[]): void {
    for (const { partition } of this.#led.values()) partition.removeTopics(topics)
  }

  close(): void {
    this.#closed = true
    this.#cleaning?.cancel()
    for (const partition of this.#led.keys()) this.onResigned(partition)
  }

  joinGroup(request: JoinGroupRequest, caller: GroupCaller): Promise<JoinGroupResponse> {
    const refused = (error: KafkaErrorName) => joinError(request.memberId, error)
    const { groupId, sessionTimeoutMs } = request
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#options.config()
    const clientId = caller.clientId ?? ''
    const isInRange =
      sessionTimeoutMs >= minSessionTimeoutMs && sessionTimeoutMs <= maxSessionTimeoutMs
    if (groupId !== '' && !isInRange) return Promise.resolve(refused('INVALID_SESSION_TIMEOUT'))
    const { apiVersion } = caller
    // The form in which Kafka shows and stores it.
    const clientHost = `/${caller.clientHost}`
    const uuid = this.#options.newUuid()
    return this.#ask(groupId, caller, refused, (token) => ({
      type: 'joinGroup',
      groupId,
      token,
      request,
      apiVersion,
      clientId,
      clientHost,
      uuid,
    }))
  }

  syncGroup(request: SyncGroupRequest, caller: GroupCaller): Promise<SyncGroupResponse> {
    const { groupId } = request
    return this.#ask(groupId, caller, syncError, (token) => ({
      type: 'syncGroup',
      groupId,
      token,
      request,
    }))
  }

  heartbeat(request: HeartbeatRequest, caller: GroupCaller): Promise<HeartbeatResponse> {
    const { groupId } = request
    return this.#ask(groupId, caller, heartbeatError, (token) => ({
      type: 'heartbeat',
      groupId,
      token,
      request,
    }))
  }

  leaveGroup(request: LeaveGroupRequest, caller: GroupCaller): Promise<LeaveGroupResponse> {
    const { groupId } = request
    return this.#ask(groupId, caller, leaveError, (token) => ({
      type: 'leaveGroup',
      groupId,
      token,
      request,
    }))
  }

  /** ConsumerGroupHeartbeat: a member joins, keeps up with or leaves a group (KIP-848). */
  async consumerHeartbeat(
    request: ConsumerHeartbeatRequest,
    caller: GroupCaller,
  ): Promise<ConsumerHeartbeatResponse> {
    const problem = await heartbeatProblem(request, {
      apiVersion: caller.apiVersion,
      assignors: this.#options.config().consumer.assignors,
    })
    if (problem !== null) return consumerHeartbeatError(problem.kafkaError, problem.message)
    const { groupId } = request
    const clientId = caller.clientId ?? ''
    const clientHost = `/${caller.clientHost}`
    const uuid = this.#options.newUuid()
    return this.#route(groupId, caller, consumerHeartbeatError, (token) => ({
      type: 'consumerHeartbeat',
      groupId,
      token,
      request,
      clientId,
      clientHost,
      uuid,
    }))
  }

  describeConsumerGroups(
    groupIds: readonly string[],
    caller: GroupCaller,
  ): Promise<DescribedConsumerGroup[]> {
    return this.#askEach(groupIds, caller, describeError, 'describeConsumerGroup')
  }

  /** StreamsGroupHeartbeat: a member joins, keeps up with or leaves a group (KIP-1071). */
  streamsHeartbeat(
    request: StreamsHeartbeatRequest,
    caller: GroupCaller,
  ): Promise<StreamsHeartbeatResult> {
    const problem = streamsHeartbeatProblem(request)
    if (problem !== null) {
      return Promise.resolve(streamsHeartbeatError(problem.kafkaError, problem.message))
    }
    const { groupId } = request
    const clientId = caller.clientId ?? ''
    const clientHost = `/${caller.clientHost}`
    return this.#route(groupId, caller, streamsHeartbeatError, (token) => ({
      type: 'streamsHeartbeat',
      groupId,
      token,
      request,
      clientId,
      clientHost,
    }))
  }

  describeStreamsGroups(
    groupIds: readonly string[],
    caller: GroupCaller,
  ): Promise<DescribedStreamsGroup[]> {
    return this.#askEach(groupIds, caller, describeStreamsError, 'describeStreamsGroup')
  }

  /** Every topic has its name; its id too, where it is known. What does not exist is left out. */
  commitOffsets(request: OffsetCommitRequest, caller: GroupCaller): Promise<OffsetCommitResponse> {
    const { groupId } = request
    const { apiVersion } = caller
    const refused = (error: KafkaErrorName) => answerAll(request, errorCodes[error])
    return this.#route(groupId, caller, refused, (token) => ({
      type: 'commitOffsets',
      groupId,
      token,
      request,
      apiVersion,
    }))
  }

  /** `guard`: see TransactionalBatch. */
  commitTransactional(
    request: TxnOffsetCommitRequest,
    context: { readonly topicIds: ReadonlyMap<string, string>; readonly guard: object | null },
    caller: GroupCaller,
  ): Promise<TxnOffsetCommitResponse> {
    const { groupId } = request
    const refused = (error: KafkaErrorName) => answerAllTransactional(request, errorCodes[error])
    return this.#ask(groupId, caller, refused, (token) => ({
      ...context,
      type: 'commitTransactional',
      groupId,
      token,
      request,
    }))
  }

  /** A transaction ends in a partition of `__consumer_offsets`; resolves once that is committed. */
  endTransaction(partition: number, marker: MarkerBatch): Promise<KafkaErrorName> {
    const led = this.#led.get(partition)
    if (led === undefined) return Promise.resolve('NOT_LEADER_OR_FOLLOWER')
    return led.partition.ask<KafkaErrorName>(
      (token) => ({ type: 'endTransaction', groupId: '', token, marker }),
      { refused: (error) => error, signal: forGood },
    )
  }

  /** As with commits, topics have names. Null topics: all that the group has offsets for. */
  fetchOffsets(
    request: OffsetFetchGroup,
    { requireStable }: { readonly requireStable: boolean },
    caller: GroupCaller,
  ): Promise<FetchedOffsets> {
    const { groupId } = request
    const refused = (error: KafkaErrorName) => ({
      groupId,
      topics: [],
      errorCode: errorCodes[error],
    })
    return this.#route(groupId, caller, refused, (token) => ({
      type: 'fetchOffsets',
      groupId,
      token,
      request,
      requireStable,
    }))
  }

  deleteOffsets(request: OffsetDeleteRequest, caller: GroupCaller): Promise<OffsetDeleteResponse> {
    const { groupId } = request
    return this.#ask(groupId, caller, deleteOffsetsError, (token) => ({
      type: 'deleteOffsets',
      groupId,
      token,
      request,
    }))
  }

  /** The groups that this node keeps. Not a partial list: an error while some are being loaded. */
  listGroups({ statesFilter, typesFilter }: ListGroupsRequest): ListGroupsResponse {
    const groups: ListedGroup[] = []
    for (const { partition } of this.#led.values()) {
      if (partition.refusal === 'COORDINATOR_LOAD_IN_PROGRESS') {
        return { errorCode: errorCodes.COORDINATOR_LOAD_IN_PROGRESS, groups: [] }
      }
      groups.push(...partition.list())
    }
    const states = lowerCaseSet(statesFilter)
    const types = lowerCaseSet(typesFilter)
    const matching = groups.filter(
      ({ groupState = '', groupType = '' }) =>
        (states.size === 0 || states.has(groupState.toLowerCase())) &&
        (types.size === 0 || types.has(groupType.toLowerCase())),
    )
    return { errorCode: errorCodes.NONE, groups: matching }
  }

  describeGroups(groupIds: readonly string[], caller: GroupCaller): Promise<DescribedGroup[]> {
    const { apiVersion } = caller
    return Promise.all(
      groupIds.map((groupId) =>
        this.#route(
          groupId,
          caller,
          (error): DescribedGroup => ({
            errorCode: errorCodes[error],
            groupId,
            groupState: '',
            protocolType: '',
            protocolData: '',
            members: [],
          }),
          (token) => ({ type: 'describeGroup', groupId, token, apiVersion }),
        ),
      ),
    )
  }

  deleteGroups(groupIds: readonly string[], caller: GroupCaller): Promise<DeletedGroup[]> {
    return Promise.all(
      Array.from(new Set(groupIds), (groupId) =>
        this.#route(
          groupId,
          caller,
          (error): DeletedGroup => ({ groupId, errorCode: errorCodes[error] }),
          (token) => ({ type: 'deleteGroup', groupId, token }),
        ),
      ),
    )
  }

  /** About each group by itself: one that cannot answer keeps no other from it. */
  #askEach<Response>(
    groupIds: readonly string[],
    caller: GroupCaller,
    refused: (groupId: string, error: KafkaErrorName) => Response,
    type: 'describeConsumerGroup' | 'describeStreamsGroup',
  ): Promise<Response[]> {
    const ask = (groupId: string) =>
      this.#ask(
        groupId,
        caller,
        (error) => refused(groupId, error),
        (token) => ({ type, groupId, token }),
      )
    return Promise.all(groupIds.map(ask))
  }

  #ask<Response>(
    groupId: string,
    caller: GroupCaller,
    refused: (error: KafkaErrorName) => Response,
    eventFor: (token: number) => RequestEvent,
  ): Promise<Response> {
    // Old consumers commit and fetch without a group id: only these, and tools, get past here.
    if (groupId === '') return Promise.resolve(refused('INVALID_GROUP_ID'))
    return this.#route(groupId, caller, refused, eventFor)
  }

  #route<Response>(
    groupId: string,
    { signal }: GroupCaller,
    refused: (error: KafkaErrorName) => Response,
    eventFor: (token: number) => RequestEvent,
  ): Promise<Response> {
    // Records give a group id's length in 16 bits.
    if (Buffer.byteLength(groupId) > identifierBytesMax) {
      return Promise.resolve(refused('INVALID_GROUP_ID'))
    }
    const led = this.#led.get(this.partitionFor(groupId))
    if (led === undefined) return Promise.resolve(refused('NOT_COORDINATOR'))
    return led.partition.ask(eventFor, { refused, signal })
  }

  #scheduleCleaning(): void {
    const { timers, config } = this.#options
    this.#cleaning = timers.schedule(config().offsetsRetentionCheckIntervalMs, () => {
      this.#clean([...this.#led.values()].map(({ partition }) => partition))
    })
  }

  /** One partition a turn of the event loop, so that requests come in between. */
  #clean(partitions: LedPartition[]): void {
    if (this.#closed) return
    const next = partitions.pop()
    if (next === undefined) {
      this.#scheduleCleaning()
      return
    }
    next.feed({ type: 'expireOffsets' })
    setImmediate(() => this.#clean(partitions))
  }
}

/** Members of a group that is still being loaded are spared a needless rejoin. */
function heartbeatError(error: KafkaErrorName): HeartbeatResponse {
  const isLoading = error === 'COORDINATOR_LOAD_IN_PROGRESS'
  return { errorCode: isLoading ? errorCodes.NONE : errorCodes[error] }
}

function leaveError(error: KafkaErrorName): LeaveGroupResponse {
  return { errorCode: errorCodes[error], members: [] }
}

function deleteOffsetsError(error: KafkaErrorName): OffsetDeleteResponse {
  return { errorCode: errorCodes[error], topics: [] }
}

function lowerCaseSet(filter: readonly string[]): ReadonlySet<string> {
  return new Set(filter.map((value) => value.trim().toLowerCase()))
}
