// The transactional clients of a run, on a topic of their own: producers that commit, abort and
// walk away, and readers of what is committed.

import { waitFor } from '../conformance/wait.ts'
import { eventsOf } from './check-progress.ts'
import { ClusterView } from './cluster-view.ts'
import { CommittedPoller } from './committed-poller.ts'
import { HangingError, readAllCommitted } from './committed-reader.ts'
import type { History } from './history.ts'
import { RawTransactions } from './raw-transactions.ts'
import type { TestBed } from './test-bed.ts'

export interface TransactionalWorkloadOptions {
  readonly topic: string
  readonly partitions: number
  readonly producers: number
  readonly seed: number
}

/** Short, so that what a killed client leaves open holds readers back for seconds only. */
const transactionTimeoutMs = 8_000
const startTimeoutMs = 120_000
const stopPatienceMs = 90_000

export class TransactionalWorkload {
  readonly #history: History
  readonly #view: ClusterView
  readonly #partitions: readonly number[]
  readonly #producers: readonly RawTransactions[]
  readonly #poller: CommittedPoller

  private constructor(history: History, bed: TestBed, options: TransactionalWorkloadOptions) {
    const { topic, producers, seed } = options
    const partitions = Array.from({ length: options.partitions }, (_, index) => index)
    const view = new ClusterView(topic, bed.cluster.all)
    this.#history = history
    this.#view = view
    this.#partitions = partitions
    this.#producers = Array.from(
      { length: producers },
      (_, index) =>
        new RawTransactions(history, view, {
          name: `transactions${index + 1}`,
          partitions,
          nodes: bed.cluster.all,
          seed: seed + index,
          timeoutMs: transactionTimeoutMs,
          pauseMs: 20,
          requestTimeoutMs: 1_500,
        }),
    )
    this.#poller = new CommittedPoller(history, view, partitions)
  }

  static async start(
    history: History,
    bed: TestBed,
    options: TransactionalWorkloadOptions,
  ): Promise<TransactionalWorkload> {
    await bed.admin.createTopic(options.topic, options.partitions)
    const workload = new TransactionalWorkload(history, bed, options)
    const { producers } = options
    await workload.#view.refresh()
    for (const producer of workload.#producers) producer.start()
    workload.#poller.start()
    await workload.#isAtWork(producers)
    return workload
  }

  /** The first transactions wait for the coordinators' topics to be made. */
  async #isAtWork(producers: number): Promise<void> {
    const ended = () =>
      new Set(eventsOf(this.#history.events, 'transactionEnded').map(({ producer }) => producer))
    await waitFor(() => ended().size === producers, {
      what: 'each producer to end a transaction',
      timeoutMs: startTimeoutMs,
    })
  }

  /** Ends the producers, then reads all that is committed. */
  async stop(): Promise<void> {
    await Promise.all(this.#producers.map((producer) => producer.stop(stopPatienceMs)))
    await this.#poller.stop()
    for (const partition of this.#partitions) {
      try {
        const records = await readAllCommitted(this.#view, partition)
        this.#history.add({ type: 'finalCommitted', partition, records })
      } catch (error) {
        if (!(error instanceof HangingError)) throw error
        this.#history.add({ type: 'hanging', partition, detail: error.message })
      }
    }
  }
}
