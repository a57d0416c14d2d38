// Asks the controller for changes of ISRs: what gathers while one request is under way goes with
// the next, many partitions a request. Decides nothing: proposals come from the leaders' states.

import type { BrokerId } from '@samsa/controller/image'
import type { AlterPartition, AlterPartitionResult } from '@samsa/controller/requests'
import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { LogEvents } from '../log/log-manager.ts'
import type { TopicId } from '../log/partition-log.ts'
import type { IsrProposal } from './isr-state.ts'

/** Partitions of one request: a few hundred KiB at most. */
const partitionsPerRequestMax = 1000

export interface IsrChangesOptions {
  readonly nodeId: BrokerId
  /** Of this broker's registration now. */
  readonly brokerEpoch: () => number
  readonly alterPartition: (request: AlterPartition) => Promise<AlterPartitionResult[]>
  readonly events: LogEvents
}

export interface IsrChange {
  readonly topicId: TopicId
  readonly partitionIndex: number
  readonly proposal: IsrProposal
  readonly onAnswer: (error: KafkaErrorName) => void
}

export class IsrChanges {
  readonly #options: IsrChangesOptions
  #queue: IsrChange[] = []
  #isUnderWay = false

  constructor(options: IsrChangesOptions) {
    this.#options = options
  }

  ask(change: IsrChange): void {
    this.#queue.push(change)
    if (this.#isUnderWay) return
    this.#isUnderWay = true
    void this.#run()
  }

  async #run(): Promise<void> {
    // What the same turn asks for goes along.
    await Promise.resolve()
    while (this.#queue.length > 0) await this.#send(this.#queue.splice(0, partitionsPerRequestMax))
    this.#isUnderWay = false
  }

  async #send(changes: readonly IsrChange[]): Promise<void> {
    const { nodeId, brokerEpoch, alterPartition, events } = this.#options
    const answers = new Map<string, KafkaErrorName>()
    try {
      const results = await alterPartition({
        brokerId: nodeId,
        brokerEpoch: brokerEpoch(),
        partitions: changes.map(({ topicId, partitionIndex, proposal }) => ({
          topicId,
          partitionIndex,
          ...proposal,
          recovering: false,
        })),
      })
      for (const { topicId, partitionIndex, error } of results) {
        answers.set(`${topicId}-${partitionIndex}`, error)
      }
    } catch (error) {
      events.warn({ partitions: changes.length, error }, 'ISR changes could not be asked for')
    }
    for (const { topicId, partitionIndex, onAnswer } of changes) {
      // Without an answer nobody knows whether it was done.
      onAnswer(answers.get(`${topicId}-${partitionIndex}`) ?? 'UNKNOWN_SERVER_ERROR')
    }
  }
}
