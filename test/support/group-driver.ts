// Drives one GroupShard with a clock that moves by hand and a log kept in memory, and writes down
// in words what the shard does. Clients are called by a short name; the names of members follow
// from it, so that a trace reads as prose. Writes end at once unless the test holds them.

import { errorByCode, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { zeroUuid } from '@samsa/proto/wire/types'
import type {
  DeletedTopic,
  RequestEvent,
  ShardEvent,
} from '../../broker/coordinator/group/events.ts'
import type { GroupConfig } from '../../broker/coordinator/group/group-config.ts'
import { GroupShard } from '../../broker/coordinator/group/group-shard.ts'
import type {
  FetchedOffsets,
  JoinGroupRequest,
  LeaveGroupRequest,
  OffsetCommitRequest,
  OffsetFetchGroup,
} from '../../broker/coordinator/group/messages.ts'
import { decodeGroupRecord } from '../../broker/coordinator/group/records.ts'
import { noTopics, type TopicsView } from '../../broker/coordinator/group/topics-view.ts'
import type { Effect } from '../../broker/coordinator/group/turn.ts'
import type { KeyValueRecord } from '../../broker/coordinator/partition-writer.ts'
import { subscription } from './consumer-protocol.ts'
import { defaultGroupConfig } from './group-config.ts'

export interface JoinOptions extends Partial<JoinGroupRequest> {
  readonly version?: number
  /** Protocol names, each with the metadata of `topics`. */
  readonly supports?: readonly string[]
  readonly topics?: readonly string[]
}

interface HeldWrite {
  readonly writeId: number
  readonly records: readonly KeyValueRecord[]
}

/** Wall time is monotonic time plus this, so that mixing them up shows. */
const wallStartMs = 1_700_000_000_000

export class GroupDriver {
  shard = new GroupShard()
  config: GroupConfig
  topics: TopicsView = noTopics
  nowMs = 0
  /** Everything that was written and not refused, in order. */
  readonly log: KeyValueRecord[] = []
  /** Writes that wait for endWrite, while holdWrites is set. */
  readonly held: HeldWrite[] = []
  holdWrites = false
  /** What the shard has asked to be matched, and was not told yet. */
  readonly resolving: (Effect & { type: 'resolveRegexes' })[] = []
  readonly responses = new Map<number, unknown>()
  readonly #timers = new Map<string, number>()
  readonly #asked = new Map<number, string>()
  readonly #memberIds = new Map<string, string>()
  #trace: string[] = []
  #nextToken = 1
  #nextUuid = 1

  constructor(config: Partial<GroupConfig> = {}) {
    this.config = { ...defaultGroupConfig, ...config }
  }

  get wallMs(): number {
    return wallStartMs + this.nowMs
  }

  /** What happened since the last call. */
  take(): string[] {
    const trace = this.#trace
    this.#trace = []
    return trace
  }

  /** The requests that wait for an answer, as 'client api'. */
  get waiting(): string[] {
    return [...this.#asked].filter(([token]) => !this.responses.has(token)).map(([, who]) => who)
  }

  feed(event: ShardEvent): void {
    const now = { monotonicMs: this.nowMs, wallMs: this.wallMs }
    const surroundings = { now, config: this.config, topics: this.topics }
    for (const effect of this.shard.step(event, surroundings)) this.#carryOut(effect)
  }

  /** Sends any request; returns the token of its answer. */
  ask(who: string, event: RequestEvent): number {
    this.#asked.set(event.token, `${who} ${event.type}`)
    this.feed(event)
    return event.token
  }

  newToken(): number {
    return this.#nextToken++
  }

  /** The member id that a client goes by: what it was last told, or the name itself. */
  memberId(who: string): string {
    return this.#memberIds.get(who) ?? who
  }

  forget(who: string): void {
    this.#memberIds.delete(who)
  }

  /** JoinGroup, by default with version 9 and under the id that the client was told. */
  join(who: string, options: JoinOptions = {}): number {
    const { version = 9, supports = ['range'], topics = ['t'], ...rest } = options
    const request: JoinGroupRequest = {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      memberId: this.#memberIds.get(who) ?? '',
      groupInstanceId: null,
      protocolType: 'consumer',
      protocols: supports.map((name) => ({ name, metadata: subscription(topics) })),
      reason: null,
      ...rest,
    }
    return this.ask(who, {
      type: 'joinGroup',
      groupId: request.groupId,
      token: this.newToken(),
      request,
      apiVersion: version,
      clientId: who,
      clientHost: '/127.0.0.1',
      // Only a client without an id takes one.
      uuid: request.memberId === '' ? String(this.#nextUuid++) : 'unused',
    })
  }

  /** SyncGroup; `assigns` gives each named client its assignment. */
  sync(
    who: string,
    generationId: number,
    assigns: Readonly<Record<string, string>> = {},
    rest: Partial<{ groupInstanceId: string; protocolType: string; protocolName: string }> = {},
  ): number {
    const assignments = Object.entries(assigns).map(([member, assignment]) => ({
      memberId: this.memberId(member),
      assignment: Buffer.from(assignment),
    }))
    return this.ask(who, {
      type: 'syncGroup',
      groupId: 'g',
      token: this.newToken(),
      request: {
        groupId: 'g',
        generationId,
        memberId: this.memberId(who),
        groupInstanceId: null,
        protocolType: null,
        protocolName: null,
        assignments,
        ...rest,
      },
    })
  }

  heartbeat(who: string, generationId: number, groupInstanceId: string | null = null): number {
    const memberId = this.memberId(who)
    return this.ask(who, {
      type: 'heartbeat',
      groupId: 'g',
      token: this.newToken(),
      request: { groupId: 'g', generationId, memberId, groupInstanceId },
    })
  }

  leave(who: string, members?: LeaveGroupRequest['members']): number {
    const leaving = members ?? [
      { memberId: this.memberId(who), groupInstanceId: null, reason: null },
    ]
    return this.ask(who, {
      type: 'leaveGroup',
      groupId: 'g',
      token: this.newToken(),
      request: { groupId: 'g', memberId: '', members: leaving },
    })
  }

  /** Commits 'topic-partition': offset for each. */
  commit(
    who: string,
    offsets: Readonly<Record<string, number>>,
    rest: Partial<OffsetCommitRequest> & { version?: number; metadata?: string } = {},
  ): number {
    const { version = 9, metadata = '', ...request } = rest
    return this.ask(who, {
      type: 'commitOffsets',
      groupId: request.groupId ?? 'g',
      token: this.newToken(),
      apiVersion: version,
      request: {
        groupId: 'g',
        generationIdOrMemberEpoch: -1,
        memberId: '',
        groupInstanceId: null,
        retentionTimeMs: -1,
        topics: Object.entries(offsets).map(([name, offset]) => ({
          ...topicAndPartition(name, offset, metadata),
        })),
        ...request,
      },
    })
  }

  /** What is committed: 'topic-partition=offset', for the partitions named or for all. */
  committed(partitions: readonly string[] | null = null, groupId = 'g'): string[] {
    const response = this.responses.get(this.fetch({ groupId, partitions })) as FetchedOffsets
    this.take()
    return fetchedWords(response)
  }

  fetch(
    options: {
      readonly groupId?: string
      readonly partitions?: readonly string[] | null
      readonly requireStable?: boolean
      readonly topicId?: string
    } = {},
  ): number {
    const { groupId = 'g', partitions = null, requireStable = false, topicId = zeroUuid } = options
    const topics: OffsetFetchGroup['topics'] =
      partitions?.map((name) => ({
        ...nameAndIndex(name),
        topicId,
      })) ?? null
    return this.ask('admin', {
      type: 'fetchOffsets',
      groupId,
      token: this.newToken(),
      requireStable,
      request: { groupId, memberId: null, memberEpoch: -1, topics },
    })
  }

  deleteOffsets(partitions: readonly string[], groupId = 'g'): number {
    const topics = partitions.map((partition) => {
      const { name, partitionIndexes } = nameAndIndex(partition)
      return { name, partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex })) }
    })
    return this.ask('admin', {
      type: 'deleteOffsets',
      groupId,
      token: this.newToken(),
      request: { groupId, topics },
    })
  }

  deleteGroup(groupId = 'g'): number {
    return this.ask('admin', { type: 'deleteGroup', groupId, token: this.newToken() })
  }

  describe(groupId = 'g', apiVersion = 6): number {
    return this.ask('admin', {
      type: 'describeGroup',
      groupId,
      token: this.newToken(),
      apiVersion,
    })
  }

  abandon(token: number): void {
    this.responses.set(token, 'the connection closed')
    this.feed({ type: 'abandoned', groupId: 'g', token })
  }

  expireOffsets(): void {
    this.feed({ type: 'expireOffsets' })
  }

  deleteTopics(topics: readonly DeletedTopic[]): void {
    this.feed({ type: 'topicsDeleted', topics })
  }

  /** Ends the oldest write that is held. A refused one may have reached the log all the same. */
  endWrite(error: KafkaErrorName | null = null, { appended = false } = {}): void {
    const write = this.held.shift()
    if (write === undefined) throw new Error('no write is held')
    if (appended) this.log.push(...write.records)
    this.#end(write, error)
  }

  #end({ writeId, records }: HeldWrite, error: KafkaErrorName | null): void {
    if (error === null) this.log.push(...records)
    else this.#trace.push(`refused: ${error}`)
    this.feed({ type: 'written', writeId, error })
  }

  /** Lets time pass, timers firing on their way. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms
    for (;;) {
      const next = [...this.#timers].sort(([, a], [, b]) => a - b)[0]
      if (next === undefined || next[1] > untilMs) break
      const [groupId, atMs] = next
      this.#timers.delete(groupId)
      this.nowMs = Math.max(this.nowMs, atMs)
      this.feed({ type: 'timeout', groupId })
    }
    this.nowMs = untilMs
  }

  get hasTimer(): boolean {
    return this.#timers.size > 0
  }

  /** The broker stops and starts: nothing is left but what was written. */
  restart(): void {
    this.shard = new GroupShard()
    this.held.length = 0
    this.#timers.clear()
    this.#asked.clear()
    for (const record of this.log) this.shard.replay(record)
    this.feed({ type: 'loaded' })
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'respond':
        this.#onResponse(effect.token, effect.response)
        return
      case 'write': {
        this.#trace.push(...effect.records.map(recordWords))
        const write = { writeId: effect.writeId, records: effect.records }
        if (this.holdWrites || this.held.length > 0) this.held.push(write)
        else this.#end(write, null)
        return
      }
      case 'schedule':
        this.#timers.set(effect.groupId, effect.atMs)
        return
      case 'cancel':
        this.#timers.delete(effect.groupId)
        return
      case 'resolveRegexes':
        this.resolving.push(effect)
        return
      case 'retract':
        this.#retract(effect)
    }
  }

  #retract({ writeIds, error }: Effect & { type: 'retract' }): void {
    for (const writeId of writeIds) {
      const index = this.held.findIndex((write) => write.writeId === writeId)
      const [write] = index === -1 ? [] : this.held.splice(index, 1)
      if (write !== undefined) this.#end(write, error)
    }
  }

  #onResponse(token: number, response: unknown): void {
    const who = this.#asked.get(token)
    if (who === undefined) throw new Error(`an answer to no request: ${token}`)
    if (this.responses.get(token) === 'the connection closed') return
    if (this.responses.has(token)) throw new Error(`a second answer to ${who}`)
    this.responses.set(token, response)
    this.#trace.push(`${who}: ${this.#words(who, response as Words)}`)
  }

  #words(who: string, response: Words): string {
    const [client = '', type] = who.split(' ')
    if (type === 'joinGroup') {
      if (response.memberId !== undefined && response.memberId !== '') {
        this.#memberIds.set(client, response.memberId)
      }
      return joinWords(response)
    }
    if (type === 'commitOffsets') return commitWords(response)
    if (type === 'fetchOffsets') return fetchedWords(response as FetchedOffsets).join(' ')
    if (type === 'leaveGroup') return (response.members ?? []).map(codeWord).join(' ')
    const details =
      type === 'syncGroup' && response.errorCode === 0 ? ` ${String(response.assignment)}` : ''
    return `${codeWord(response)}${details}`
  }
}

interface Words {
  readonly errorCode?: number
  readonly memberId?: string
  readonly generationId?: number
  readonly leader?: string
  readonly protocolName?: string | null
  readonly skipAssignment?: boolean
  readonly members?: readonly Words[]
  readonly assignment?: Buffer
  readonly topics?: readonly { readonly partitions: readonly Words[] }[]
}

function codeWord({ errorCode = 0 }: Words): string {
  return errorByCode(errorCode)?.name ?? String(errorCode)
}

function joinWords(response: Words): string {
  if (response.errorCode !== 0) return codeWord(response)
  const members = response.members?.map(({ memberId }) => memberId).join(',') ?? ''
  const leads = members === '' ? `follows ${response.leader}` : `leads ${members}`
  const skips = response.skipAssignment === true ? ' skips assignment' : ''
  return `generation ${response.generationId} ${response.protocolName} ${leads}${skips}`
}

function commitWords({ topics = [] }: Words): string {
  return topics.flatMap(({ partitions }) => partitions.map(codeWord)).join(' ')
}

function fetchedWords(response: FetchedOffsets): string[] {
  return response.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, committedOffset }) => {
      return `${name}-${partitionIndex}=${committedOffset}`
    }),
  )
}

/** A record in words: 'write group 1 Stable a-1', 'remove offset t-0'. */
export function recordWords(record: KeyValueRecord): string {
  const decoded = decodeGroupRecord(record)
  if (decoded.type === 'offset') {
    const { topic, partition } = decoded.key
    const name = `offset ${decoded.groupId} ${topic}-${partition}`
    return decoded.value === null ? `remove ${name}` : `write ${name}=${decoded.value.offset}`
  }
  if (decoded.type === 'other') return 'write other'
  if (decoded.type === 'consumer' || decoded.type === 'streams') {
    const { type, groupId, value } = decoded.record
    return `${value === null ? 'remove' : 'write'} ${type} ${groupId}`
  }
  if (decoded.metadata === null) return `remove group ${decoded.groupId}`
  const members = decoded.metadata.members.map(({ memberId, assignment }) => {
    return `${memberId}:${assignment.toString()}`
  })
  return ['write group', decoded.groupId, decoded.metadata.generation, ...members].join(' ')
}

function nameAndIndex(topicPartition: string): { name: string; partitionIndexes: number[] } {
  const dash = topicPartition.lastIndexOf('-')
  const index = Number(topicPartition.slice(dash + 1))
  return { name: topicPartition.slice(0, dash), partitionIndexes: [index] }
}

function topicAndPartition(topicPartition: string, offset: number, metadata: string) {
  const { name, partitionIndexes } = nameAndIndex(topicPartition)
  const partitions = partitionIndexes.map((partitionIndex) => ({
    partitionIndex,
    committedOffset: offset,
    committedLeaderEpoch: 3,
    committedMetadata: metadata,
  }))
  return { name, topicId: zeroUuid, partitions }
}

/** A group whose members have joined generation 1 and wait for assignments; the first one leads. */
export function joinedGroup(...names: string[]): GroupDriver {
  const driver = new GroupDriver()
  for (const name of names) driver.join(name)
  for (const name of names) driver.join(name)
  driver.advance(10_000)
  driver.take()
  return driver
}

/** The same in generation 1 with an assignment each: 'a!' for a. */
export function stableGroup(...names: string[]): GroupDriver {
  const driver = joinedGroup(...names)
  const assignments = Object.fromEntries(names.map((name) => [name, `${name}!`]))
  for (const name of names.slice(1)) driver.sync(name, 1)
  driver.sync(names[0] ?? '', 1, assignments)
  driver.take()
  return driver
}
