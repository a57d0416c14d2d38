// What clients ask of a simulated broker: Produce and Fetch by the replica layer of the product, as
// its handlers do.

import { BrokerError } from '@samsa/broker/errors'
import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { BrokerRun } from './broker-host.ts'

export interface PartitionAddress {
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
  readonly highWatermark: number
  readonly logStartOffset: number
  readonly brokerId: number
}

const produceTimeoutMs = 400
const fetchBytes = 1_000

export async function produce(
  run: BrokerRun,
  { topicId, index }: PartitionAddress,
  batch: Buffer,
  acks: number,
): Promise<ProduceAnswer> {
  const refused = (error: KafkaErrorName) => ({ error, baseOffset: -1 })
  try {
    const { replicas, image } = run
    const partition = replicas.leader(image.topicsById.get(topicId), index)
    if (typeof partition === 'string') return refused(partition)
    if (!replicas.inContact) return refused('NOT_LEADER_OR_FOLLOWER')
    const leading = await partition.lead()
    if (acks === -1 && leading.isUnderMinIsr) return refused('NOT_ENOUGH_REPLICAS')
    const append = leading.append(batch, 'client')
    await append.written
    const error = acks === -1 ? await leading.committed(append, produceTimeoutMs) : null
    return error === null ? { error: 'NONE', baseOffset: append.baseOffset } : refused(error)
  } catch (error) {
    if (error instanceof BrokerError) return refused(error.kafkaError)
    throw error
  }
}

export async function fetch(
  run: BrokerRun,
  { topicId, index }: PartitionAddress,
  offset: number,
  leaderEpoch: number,
): Promise<FetchAnswer> {
  const { brokerId } = run.host
  const none = { records: Buffer.alloc(0), highWatermark: -1, logStartOffset: -1, brokerId }
  const { replicas, image } = run
  const topic = image.topicsById.get(topicId)
  const found = leaderEpoch < 0 ? replicas.replica(topic, index) : replicas.leader(topic, index)
  if (typeof found === 'string') return { error: found, ...none }
  const wrongEpoch = found.epochError(leaderEpoch)
  if (wrongEpoch !== null) return { error: wrongEpoch, ...none }
  const { log } = found
  if (log === null) return { error: 'NOT_LEADER_OR_FOLLOWER', ...none }
  if (leaderEpoch >= 0 && found.leading?.isCaughtUp !== true) {
    return { error: 'OFFSET_NOT_AVAILABLE', ...none }
  }
  try {
    const upTo = log.highWatermark
    const { records } = await log.read({
      offset,
      maxBytes: fetchBytes,
      minOneBatch: true,
      upTo,
      abortedTransactions: false,
    })
    const { highWatermark, logStartOffset } = log
    return { error: 'NONE', records, highWatermark, logStartOffset, brokerId }
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error
    return { error: error.kafkaError, ...none, logStartOffset: log.logStartOffset }
  }
}
