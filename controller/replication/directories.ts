// AssignReplicasToDirs (KIP-858): a broker with several log directories tells in which of them its
// replicas are, so that the controller knows what a failed directory takes with it.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { checkedEpoch } from '../broker-epoch.ts'
import type { DecideContext, Decision } from '../decision.ts'
import { imageAfter } from '../image/advance.ts'
import type { MetadataImage } from '../image.ts'
import type { NewRecord } from '../records/record.ts'
import type { AssignDirectories, AssignDirectoriesResult } from '../requests.ts'
import { changesOfLostDirectories } from './broker-changes.ts'
import { changePartition } from './partition-change.ts'
import { directoryOfReplica, isOnline, surroundingsOf } from './surroundings.ts'

export function assignDirectories(
  image: MetadataImage,
  { brokerId, brokerEpoch, assignments }: AssignDirectories,
  { topicDefaults }: DecideContext,
): Decision<AssignDirectoriesResult[]> {
  const broker = checkedEpoch(image, brokerId, brokerEpoch)
  const records: NewRecord[] = []
  const seen = new Set<string>()
  const response = assignments.map((assignment): AssignDirectoriesResult => {
    const result = (error: KafkaErrorName) => ({ ...assignment, error, message: null })
    const { directoryId, topicId, partitionIndex } = assignment
    const topic = image.topicsById.get(topicId)
    if (topic === undefined) return result('UNKNOWN_TOPIC_ID')
    const partition = topic.partitions[partitionIndex]
    if (partition === undefined) return result('UNKNOWN_TOPIC_OR_PARTITION')
    if (!partition.replicas.includes(brokerId)) return result('NOT_LEADER_OR_FOLLOWER')
    const key = `${topicId}-${partitionIndex}`
    if (seen.has(key)) return result('INVALID_REQUEST')
    seen.add(key)
    const directories = new Map([[brokerId, directoryId]])
    const surroundings = surroundingsOf(image, topic, topicDefaults)
    const known = directoryOfReplica(partition, brokerId)
    // A replica that was in a directory that is gone has begun anew in another.
    const begunAnew = known !== undefined && !isOnline(broker, known) && known !== directoryId
    const target = begunAnew ? { directories, emptyReplica: brokerId } : { directories }
    const change = changePartition(partition, target, surroundings)
    if (change !== null) records.push(change)
    return result('NONE')
  })
  if (assignments.some(({ directoryId }) => !isOnline(broker, directoryId))) {
    const assigned = imageAfter(image, records)
    records.push(...changesOfLostDirectories(assigned, brokerId, topicDefaults))
  }
  return { records, response }
}
