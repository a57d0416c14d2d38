// What clients ask of a simulated broker, by the handlers of the product: Produce, Fetch and
// ListOffsets, without sockets and codecs.

import type { TrafficMetrics } from '@samsa/broker/admin/traffic-metrics'
import type { BrokerConfig } from '@samsa/broker/config/broker-config'
import { fetch as fetchHandler } from '@samsa/broker/handlers/fetch'
import type { RequestContext } from '@samsa/broker/handlers/handler'
import { listOffsets } from '@samsa/broker/handlers/list-offsets'
import { produce as produceHandler } from '@samsa/broker/handlers/produce'
import type { ClientQuotas } from '@samsa/broker/quota/client-quotas'
import type { Services } from '@samsa/broker/services'
import { errorByCode, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { BrokerRun } from './broker-host.ts'

export interface PartitionAddress {
  readonly topic: string
  readonly topicId: string
  readonly index: number
}

export interface ProduceAnswer {
  readonly error: KafkaErrorName
  readonly baseOffset: number
}

export interface FetchAnswer {
  readonly error: KafkaErrorName
  readonly records: Buffer
  readonly logStartOffset: number
  readonly brokerId: number
}

export interface OffsetAnswer {
  readonly error: KafkaErrorName
  readonly offset: number
}

const produceTimeoutMs = 400
const fetchWaitMs = 30
const fetchBytes = 1_000

/** What the handlers touch of a node; anything else would fail. */
function servicesOf(run: BrokerRun): Services {
  const config: Partial<BrokerConfig> = { fetchMaxBytes: fetchBytes, replicaSelectorClass: '' }
  const metrics: Partial<TrafficMetrics> = { onProduced: () => {}, onFetched: () => {} }
  const services: Partial<Services> = {
    nodeId: run.host.brokerId,
    config: () => config as BrokerConfig,
    metadata: () => run.image,
    replicas: run.replicas,
    quotas: { enforced: false } as ClientQuotas,
    clock: run.clock,
    timers: run.process,
    metrics: metrics as TrafficMetrics,
  }
  return services as Services
}

function contextOf(apiVersion: number): RequestContext {
  const context: Partial<RequestContext> = {
    apiVersion,
    listener: 'PLAINTEXT',
    // One for each request: waits of a killed broker never end, and one for all would keep them.
    signal: new AbortController().signal,
    allocate: (sizeBytes) => Buffer.allocUnsafe(sizeBytes),
  }
  return context as RequestContext
}

export async function produce(
  run: BrokerRun,
  { topic: name, topicId, index }: PartitionAddress,
  records: Buffer,
  acks: number,
): Promise<ProduceAnswer> {
  const topicData = [{ name, topicId, partitionData: [{ index, records }] }]
  const request = { transactionalId: null, acks, timeoutMs: produceTimeoutMs, topicData }
  const response = await produceHandler(request, servicesOf(run), contextOf(13))
  const [result] = [...(response?.responses ?? [])][0]?.partitionResponses ?? []
  return { error: errorByCode(result?.errorCode ?? -1).name, baseOffset: result?.baseOffset ?? -1 }
}

/** `currentLeaderEpoch` -1 asks for no check. */
export async function fetch(
  run: BrokerRun,
  { topic, topicId, index: partition }: PartitionAddress,
  fetchOffset: number,
  currentLeaderEpoch: number,
): Promise<FetchAnswer> {
  const asked = {
    partition,
    currentLeaderEpoch,
    fetchOffset,
    lastFetchedEpoch: -1,
    logStartOffset: -1,
    partitionMaxBytes: fetchBytes,
    replicaDirectoryId: '',
    highWatermark: 0n,
  }
  const request = {
    clusterId: null,
    replicaId: -1,
    replicaState: { replicaId: -1, replicaEpoch: -1 },
    maxWaitMs: fetchWaitMs,
    minBytes: 1,
    maxBytes: fetchBytes,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ topic, topicId, partitions: [asked] }],
    forgottenTopicsData: [],
    rackId: '',
  }
  const response = await fetchHandler(request, servicesOf(run), contextOf(17))
  const [result] = [...(response?.responses ?? [])][0]?.partitions ?? []
  return {
    error: errorByCode(result?.errorCode ?? -1).name,
    records: result?.records ?? Buffer.alloc(0),
    logStartOffset: result?.logStartOffset ?? -1,
    brokerId: run.host.brokerId,
  }
}

/** The high watermark, from the leader. */
export async function latestOffset(
  run: BrokerRun,
  { topic: name, index: partitionIndex }: PartitionAddress,
  currentLeaderEpoch: number,
): Promise<OffsetAnswer> {
  const partitions = [{ partitionIndex, currentLeaderEpoch, timestamp: -1 }]
  const topics = [{ name, partitions }]
  const request = { replicaId: -1, isolationLevel: 0, topics, timeoutMs: 0 }
  const response = await listOffsets(request, servicesOf(run), contextOf(9))
  const [result] = [...(response?.topics ?? [])][0]?.partitions ?? []
  return { error: errorByCode(result?.errorCode ?? -1).name, offset: result?.offset ?? -1 }
}
