// Asks the leader of each partition for its latest offset, again and again, and tells each change:
// a high watermark that was seen may never be taken back.

import { setTimeout as delay } from 'node:timers/promises'
import { errorByCode } from '@samsa/proto/kafka/errors'
import type { KafkaClient } from '../kafka-client.ts'
import type { ClusterView, Leader } from './cluster-view.ts'
import type { History } from './history.ts'
import { LeaderLink } from './leader-link.ts'

const listOffsetsVersion = 7
const latest = -1
const answerMs = 2_000
const pauseMs = 100

export class WatermarkWatcher {
  readonly #history: History
  readonly #view: ClusterView
  readonly #partitions: readonly number[]
  readonly #name: string
  #isStopping = false
  #loops: Promise<void>[] = []

  constructor(history: History, view: ClusterView, name: string, partitions: readonly number[]) {
    this.#history = history
    this.#view = view
    this.#name = name
    this.#partitions = partitions
  }

  start(): void {
    this.#loops = this.#partitions.map((partition) => this.#watch(partition))
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#loops)
  }

  async #watch(partition: number): Promise<void> {
    const link = new LeaderLink(this.#view, { answerMs })
    let before: string | undefined
    while (!this.#isStopping) {
      try {
        const { offset, leaderEpoch } = await link.ask(partition, (client, leader) =>
          listLatest(client, leader, this.#view.topic, partition),
        )
        const seen = `${leaderEpoch} ${offset}`
        if (seen !== before) {
          const watcher = this.#name
          const highWatermark = offset
          this.#history.add({
            type: 'highWatermark',
            watcher,
            partition,
            leaderEpoch,
            highWatermark,
          })
        }
        before = seen
      } catch {
        await this.#view.refresh()
      }
      await delay(pauseMs)
    }
    await link.close()
  }
}

async function listLatest(client: KafkaClient, leader: Leader, topic: string, partition: number) {
  const answer = await client.send('listOffsets', listOffsetsVersion, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [
      {
        name: topic,
        partitions: [
          {
            partitionIndex: partition,
            currentLeaderEpoch: leader.epoch,
            timestamp: latest,
          },
        ],
      },
    ],
  })
  const result = answer.topics[0]?.partitions[0]
  if (result === undefined) throw new Error('the answer is about no partition')
  if (result.errorCode !== 0) throw new Error(errorByCode(result.errorCode).name)
  // The epoch of the answer is that of the last record; the leader's own is what it accepted.
  return { offset: result.offset, leaderEpoch: leader.epoch }
}
