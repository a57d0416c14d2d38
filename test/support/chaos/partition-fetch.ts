// One fetch from one partition, with the leader epoch that Kafka's clients send: for readers of the
// chaos harness, which judge the answer themselves.

import { zeroUuid } from '@samsa/proto/wire/types'
import type { KafkaClient } from '../kafka-client.ts'
import type { ClusterView, Leader } from './cluster-view.ts'

const fetchVersion = 12
const fetchBytes = 1_048_576

export const readUncommitted = 0
export const readCommitted = 1

export interface PartitionFetch {
  readonly view: ClusterView
  readonly partition: number
  readonly offset: number
  readonly maxWaitMs: number
  readonly isolationLevel: number
}

/** What is answered about the partition, an error maybe; the view learns who leads it. */
export async function fetchPartition(
  client: KafkaClient,
  leader: Leader,
  { view, partition, offset, maxWaitMs, isolationLevel }: PartitionFetch,
) {
  const answer = await client.send('fetch', fetchVersion, {
    maxWaitMs,
    minBytes: 1,
    isolationLevel,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [
      {
        topic: view.topic,
        topicId: zeroUuid,
        partitions: [
          {
            partition,
            currentLeaderEpoch: leader.epoch,
            fetchOffset: offset,
            partitionMaxBytes: fetchBytes,
          },
        ],
      },
    ],
    forgottenTopicsData: [],
    rackId: '',
  })
  const result = answer.responses[0]?.partitions[0]
  if (result === undefined) throw new Error('the answer is about no partition')
  view.learn(partition, result.currentLeader.leaderId, result.currentLeader.leaderEpoch)
  return result
}
