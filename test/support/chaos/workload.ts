// All clients of a run on one topic: raw producers, pollers and watchers that tell exactly what
// happens, and confluent-kafka where it is installed.

import { existsSync } from 'node:fs'
import { pythonPath } from '../conformance/target.ts'
import { waitFor } from '../conformance/wait.ts'
import { ClusterView } from './cluster-view.ts'
import { ConfluentClients } from './confluent-clients.ts'
import type { History } from './history.ts'
import { RawPoller } from './raw-poller.ts'
import { RawProducer } from './raw-producer.ts'
import type { TestBed } from './test-bed.ts'
import { WatermarkWatcher } from './watermark-watcher.ts'

export interface WorkloadOptions {
  readonly topic: string
  readonly partitions: number
  /** Producers of their own idempotence, each to all partitions. */
  readonly producers: number
  readonly recordBytes?: number
  readonly recordsPerBatch?: number
  readonly pauseMs?: number
  readonly requestTimeoutMs?: number
  /** Without, only the raw clients are at work. */
  readonly withConfluent?: boolean
}

export class Workload {
  readonly partitions: readonly number[]
  readonly view: ClusterView
  readonly confluent: ConfluentClients | undefined
  readonly #history: History
  readonly #producers: readonly RawProducer[]
  readonly #poller: RawPoller
  readonly #watcher: WatermarkWatcher

  private constructor(history: History, bed: TestBed, options: WorkloadOptions) {
    const { topic } = options
    const partitions = Array.from({ length: options.partitions }, (_, index) => index)
    const view = new ClusterView(topic, bed.cluster.all)
    this.#history = history
    this.partitions = partitions
    this.view = view
    this.#producers = Array.from(
      { length: options.producers },
      (_, index) =>
        new RawProducer(history, view, {
          name: `raw${index + 1}`,
          partitions,
          recordBytes: options.recordBytes ?? 200,
          recordsPerBatch: options.recordsPerBatch ?? 5,
          pauseMs: options.pauseMs ?? 20,
          requestTimeoutMs: options.requestTimeoutMs ?? 1_000,
        }),
    )
    this.#poller = new RawPoller(history, view, { name: 'poller', partitions })
    this.#watcher = new WatermarkWatcher(history, view, 'watcher', partitions)
    const hasConfluent = options.withConfluent !== false && existsSync(pythonPath)
    this.confluent = hasConfluent
      ? new ConfluentClients(history, {
          bootstrap: bed.cluster.bootstrap,
          topic,
          partitions: options.partitions,
          name: 'confluent',
        })
      : undefined
  }

  /** Makes the topic and starts all clients; resolves when every partition has acknowledged. */
  static async start(history: History, bed: TestBed, options: WorkloadOptions): Promise<Workload> {
    await bed.admin.createTopic(options.topic, options.partitions)
    const workload = new Workload(history, bed, options)
    await workload.view.refresh()
    for (const producer of workload.#producers) producer.start()
    workload.#poller.start()
    workload.#watcher.start()
    await workload.progresses(60_000)
    return workload
  }

  /** Waits until every partition has acknowledged once more; false when time is over before. */
  async progresses(timeoutMs: number): Promise<boolean> {
    const from = this.#history.events.length
    const isDone = () => {
      const acked = new Set<number>()
      for (let index = from; index < this.#history.events.length; index++) {
        const event = this.#history.events[index]
        if (event?.type === 'acked') acked.add(event.partition)
      }
      return acked.size === this.partitions.length
    }
    return waitFor(isDone, { what: 'progress', timeoutMs }).catch(() => false)
  }

  /** Ends all of it soon, without a word of what is under way. */
  abandon(): void {
    void this.stop(0).catch(() => {})
  }

  /** Ends the producers first, so that the readers see all of it. */
  async stop(patienceMs = 30_000): Promise<void> {
    const producers = this.#producers.map((one) => one.stop(patienceMs))
    await Promise.all([...producers, this.confluent?.stop()])
    await this.#poller.stop()
    await this.#watcher.stop()
  }
}
