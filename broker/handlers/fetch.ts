// Fetch (key 1), versions 4-18: reads partitions from an offset on, waiting until fetch.min.bytes
// are there. KIP-74 response limit, KIP-98 isolation, KIP-320 epochs (v9, v12), KIP-516 topic ids
// (v13), KIP-392 reads from followers (v11), up to the high watermark that they know of, KIP-951
// leader hints (v16). Reads of a request go to the disk together; the memory that they fill returns
// to the pool once the response has been sent.
// Differs from Kafka: every fetch is a full one; incremental sessions (KIP-227) are declined with
// session id 0, which clients must expect. A leader that is cut off from the controller answers
// NOT_LEADER_OR_FOLLOWER where it has less than the client, not OFFSET_OUT_OF_RANGE.

import type { TopicImage } from '@samsa/controller/image'
import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { batchSize, recordCount } from '@samsa/proto/record/batch'
import { BrokerError, errorCodeOf } from '../errors.ts'
import type { AbortedTransaction, PartitionLog } from '../log/partition-log.ts'
import { waitForRecords } from '../replica/fetch-wait.ts'
import type { Partition } from '../replica/partition.ts'
import type { Services } from '../services.ts'
import type { Handler, RequestContext, RequestOf } from './handler.ts'
import { LeaderHints } from './shared/leader-hints.ts'
import { nearestReplica } from './shared/nearest-replica.ts'

type FetchRequest = RequestOf<'fetch'>
type FetchPartition = FetchRequest['topics'][number]['partitions'][number]

const readCommitted = 1
const noBytes = Buffer.alloc(0)
const notLeader = 'NOT_LEADER_OR_FOLLOWER'
/** Consumers of this version and later know that followers may be read. */
const followersSince = 11
const hintsSince = 16

/** One partition of the request on its way to one partition of the response. */
interface Read {
  readonly asked: FetchPartition
  readonly partition: Partition | null
  readonly topicId: string | undefined
  /** Whether a follower may answer. */
  readonly fromFollower: boolean
  log: PartitionLog | null
  /** The end of what could be read when it was last read. */
  seenEnd: number
  error: KafkaErrorName | null
  divergingEpoch: { epoch: number; endOffset: number } | undefined
  records: Buffer
  abortedTransactions: readonly AbortedTransaction[] | null
  /** Whom to read from instead; -1: from here. */
  preferredReplica: number
}

export const fetch: Handler<'fetch'> = async (request, services, context) => {
  const refusal = refusalOf(request)
  if (refusal !== null) return { errorCode: errorCodes[refusal], responses: [] }
  const topics = request.topics.map((asked) => {
    const image = findTopic(asked, services, context)
    return {
      asked,
      image,
      reads: asked.partitions.map((p) => resolve(image, p, services, context)),
    }
  })
  const reads = topics.flatMap((topic) => topic.reads)
  await openLogs(reads)
  for (const read of reads) preferNearest(read, request.rackId, services)
  await readAll(request, reads, services, context)
  const hints = new LeaderHints(services, context.listener)
  const responses = topics.map(({ asked, reads: topicReads }) => ({
    topic: asked.topic,
    topicId: asked.topicId,
    partitions: topicReads.map((read) => {
      const row = respond(read, services)
      if (row.errorCode === errorCodes.NONE || context.apiVersion < hintsSince) return row
      const currentLeader = hints.currentLeader(read.topicId, row.partitionIndex, row.errorCode)
      return { ...row, currentLeader }
    }),
  }))
  return { responses, nodeEndpoints: hints.nodeEndpoints() }
}

function preferNearest(read: Read, rack: string, services: Services): void {
  const { partition, asked, fromFollower, error } = read
  const leading = partition?.leading ?? null
  if (!fromFollower || leading === null || error !== null) return
  const reader = { rack, fetchOffset: asked.fetchOffset }
  read.preferredReplica = nearestReplica(leading, reader, services) ?? -1
}

function refusalOf(request: FetchRequest): KafkaErrorName | null {
  // Replication has a channel of its own; nobody may pose as a replica here (CVE-2018-1288).
  if (request.replicaId >= 0 || request.replicaState.replicaId >= 0) {
    return 'CLUSTER_AUTHORIZATION_FAILED'
  }
  // No session is ever given out, so none can be continued (KIP-227).
  if (request.sessionId !== 0) return 'FETCH_SESSION_ID_NOT_FOUND'
  return request.sessionEpoch > 0 ? 'INVALID_FETCH_SESSION_EPOCH' : null
}

function findTopic(
  asked: FetchRequest['topics'][number],
  services: Services,
  { apiVersion }: RequestContext,
): TopicImage | undefined {
  const { topicsById, topicsByName } = services.metadata()
  return apiVersion >= 13 ? topicsById.get(asked.topicId) : topicsByName.get(asked.topic)
}

function resolve(
  topic: TopicImage | undefined,
  asked: FetchPartition,
  services: Services,
  { apiVersion }: RequestContext,
): Read {
  const unknownId = topic === undefined && apiVersion >= 13
  const fromFollower = apiVersion >= followersSince
  const { replicas } = services
  const held = fromFollower
    ? replicas.replica(topic, asked.partition)
    : replicas.leader(topic, asked.partition)
  const found = unknownId ? 'UNKNOWN_TOPIC_ID' : held
  const partition = typeof found === 'string' ? null : found
  const error = typeof found === 'string' ? found : found.epochError(asked.currentLeaderEpoch)
  return {
    asked,
    partition,
    topicId: topic?.id,
    fromFollower,
    log: partition?.log ?? null,
    seenEnd: -1,
    error,
    divergingEpoch: undefined,
    records: noBytes,
    abortedTransactions: null,
    preferredReplica: -1,
  }
}

async function openLogs(reads: readonly Read[]): Promise<void> {
  for (const read of reads) {
    if (read.partition === null || read.log !== null) continue
    try {
      read.log = await read.partition.openLog()
    } catch {
      read.error = 'KAFKA_STORAGE_ERROR'
    }
  }
}

function visibleEnd(log: PartitionLog, request: FetchRequest): number {
  return request.isolationLevel === readCommitted ? log.lastStableOffset : log.highWatermark
}

/** Reads; where there is less than the client waits for, waits for more and reads again. */
async function readAll(
  request: FetchRequest,
  reads: readonly Read[],
  services: Services,
  context: RequestContext,
): Promise<void> {
  const wanted = Math.min(request.minBytes, bytesMax(request, services, context))
  const endMs = services.clock.monotonicMs() + request.maxWaitMs
  for (;;) {
    check(reads, services)
    const bytes = await readOnce(request, reads, services, context)
    const urgent = reads.some(
      ({ error, divergingEpoch, preferredReplica }) =>
        error !== null || divergingEpoch !== undefined || preferredReplica >= 0,
    )
    const waitMaxMs = endMs - services.clock.monotonicMs()
    if (bytes >= wanted || urgent || waitMaxMs <= 0 || reads.length === 0) return
    // What became visible while the files were read would wake nobody any more.
    const grown = reads.some(({ log, seenEnd }) => log && visibleEnd(log, request) > seenEnd)
    if (grown) continue
    await waitForRecords({
      partitions: reads.flatMap(({ partition }) => partition ?? []),
      bytesMin: wanted - bytes,
      waitMaxMs,
      timers: services.timers,
      signal: context.signal,
    })
    if (context.signal.aborted) return
  }
}

/** A client with a quota is given little at a time, so that it need not wait for long. */
function bytesMax({ maxBytes }: FetchRequest, services: Services, context: RequestContext): number {
  const { quotas, clock } = services
  const most = Math.min(maxBytes, services.config().fetchMaxBytes)
  if (!quotas.enforced) return most
  return Math.min(most, quotas.fetchBytesMax(context, clock.monotonicMs()))
}

/**
 * Finds what needs no file: wrong offsets, partitions gone, logs that diverge from what the client
 * read (KIP-320).
 */
function check(reads: readonly Read[], { replicas }: Services): void {
  for (const read of reads) {
    const { partition, log, asked } = read
    if (partition === null || log === null || read.error !== null) continue
    const isServed = partition.isLeader || (read.fromFollower && !partition.isGone)
    const epochError = partition.epochError(asked.currentLeaderEpoch)
    if (!isServed) read.error = notLeader
    else if (epochError !== null) read.error = epochError
    else if (!log.online) read.error = 'KAFKA_STORAGE_ERROR'
    else if (asked.lastFetchedEpoch >= 0) {
      const end = log.endOffsetForEpoch(asked.lastFetchedEpoch)
      if (end.endOffset < 0) read.error = replicas.inContact ? 'OFFSET_OUT_OF_RANGE' : notLeader
      else if (end.epoch < asked.lastFetchedEpoch || end.endOffset < asked.fetchOffset) {
        read.divergingEpoch = { epoch: end.epoch, endOffset: end.endOffset }
      }
    }
    if (read.error !== null || read.divergingEpoch !== undefined) continue
    if (asked.fetchOffset < log.logStartOffset) read.error = 'OFFSET_OUT_OF_RANGE'
    else if (asked.fetchOffset > log.logEndOffset) {
      // A follower may just not have it yet. Nor may a leader that is cut off: by now another leads
      // and has written more, and OFFSET_OUT_OF_RANGE would send the client back to its beginning.
      if (!partition.isLeader) read.error = 'OFFSET_NOT_AVAILABLE'
      else read.error = replicas.inContact ? 'OFFSET_OUT_OF_RANGE' : notLeader
    }
  }
}

/**
 * One pass over the partitions in the request's order, within its byte limit. Returns the bytes
 * found.
 */
async function readOnce(
  request: FetchRequest,
  reads: readonly Read[],
  services: Services,
  context: RequestContext,
): Promise<number> {
  let bytesLeft = bytesMax(request, services, context)
  let first = true
  const running: Promise<void>[] = []
  for (const read of reads) {
    const { log, asked } = read
    if (log === null || read.error !== null || read.divergingEpoch !== undefined) continue
    if (read.preferredReplica >= 0) continue
    const upTo = visibleEnd(log, request)
    read.seenEnd = upTo
    if (asked.fetchOffset >= upTo || (bytesLeft <= 0 && !first)) continue
    const maxBytes = Math.min(asked.partitionMaxBytes, bytesLeft, log.sizeBytes)
    bytesLeft -= maxBytes
    running.push(readRecords(read, log, { maxBytes, minOneBatch: first, upTo }, request, context))
    first = false
  }
  await Promise.all(running)
  return reads.reduce((bytes, read) => bytes + read.records.length, 0)
}

async function readRecords(
  read: Read,
  log: PartitionLog,
  limits: { maxBytes: number; minOneBatch: boolean; upTo: number },
  request: FetchRequest,
  context: RequestContext,
): Promise<void> {
  try {
    const result = await log.read({
      ...limits,
      offset: read.asked.fetchOffset,
      abortedTransactions: request.isolationLevel === readCommitted,
      allocate: (sizeBytes) => context.allocate(sizeBytes),
    })
    read.records = result.records
    read.abortedTransactions = result.abortedTransactions
  } catch (error) {
    read.error = error instanceof BrokerError ? error.kafkaError : 'UNKNOWN_SERVER_ERROR'
  }
}

function respond(read: Read, services: Services) {
  const { asked, partition, log, error } = read
  if (error !== null || log === null) {
    return {
      partitionIndex: asked.partition,
      errorCode: errorCodeOf(new BrokerError(error ?? 'KAFKA_STORAGE_ERROR', '')),
      highWatermark: -1,
      abortedTransactions: null,
      records: noBytes,
    }
  }
  if (read.records.length > 0 && partition !== null) {
    services.metrics.onFetched(partition.topic, read.records.length, recordsIn(read.records))
  }
  return {
    partitionIndex: asked.partition,
    errorCode: errorCodes.NONE,
    highWatermark: log.highWatermark,
    lastStableOffset: log.lastStableOffset,
    logStartOffset: log.logStartOffset,
    divergingEpoch: read.divergingEpoch,
    abortedTransactions: read.abortedTransactions,
    preferredReadReplica: read.preferredReplica,
    records: read.records,
  }
}

/** Records in whole batches, those before the offset that was asked for included. */
function recordsIn(batches: Buffer): number {
  let count = 0
  for (let at = 0; at < batches.length; at += batchSize(batches, at)) {
    count += recordCount(batches, at)
  }
  return count
}
