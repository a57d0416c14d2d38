// The frame of an acceptance test: a cluster with producers, a poller and a watcher at work, and at
// the end the judgement of all that they saw and of all copies.

import { type Anomaly, anomalyLines } from './anomaly.ts'
import { eventsOf } from './check-progress.ts'
import { checkHistory } from './checker.ts'
import { readFiles, readLeaders } from './final-copies.ts'
import { History } from './history.ts'
import { TestBed, type TestBedOptions } from './test-bed.ts'
import { Workload, type WorkloadOptions } from './workload.ts'

const inSyncPatienceMs = 90_000

export class UnderLoad {
  readonly bed: TestBed
  readonly history: History
  readonly workload: Workload
  readonly topic: string

  private constructor(
    topic: string,
    parts: { bed: TestBed; history: History; workload: Workload },
  ) {
    this.topic = topic
    this.bed = parts.bed
    this.history = parts.history
    this.workload = parts.workload
  }

  static async start(
    options: TestBedOptions & {
      readonly load?: Partial<WorkloadOptions>
      /** Before the topic is made. */
      readonly before?: (bed: TestBed) => Promise<void>
      /** What must be so before the test begins; where it never is, all is taken away again. */
      readonly until?: (load: UnderLoad) => Promise<unknown>
    },
  ): Promise<UnderLoad> {
    const bed = await TestBed.start(options)
    let load: UnderLoad | undefined
    try {
      await options.before?.(bed)
      const history = new History()
      const topic = 'loaded'
      const workload = await Workload.start(history, bed, {
        topic,
        partitions: 6,
        producers: 1,
        requestTimeoutMs: 500,
        withConfluent: false,
        ...options.load,
      })
      load = new UnderLoad(topic, { bed, history, workload })
      await options.until?.(load)
      return load
    } catch (error) {
      await (load ?? bed).close().catch(() => {})
      throw error
    }
  }

  /** Waits until all replicas are in sync and the first of each leads, so that load is even. */
  async settled(): Promise<void> {
    await this.inSync()
    const deadlineMs = performance.now() + inSyncPatienceMs
    const { admin } = this.bed
    for (;;) {
      await admin.electPreferred()
      const patienceMs = performance.now() < deadlineMs ? 2_000 : 0
      const isDone = await admin
        .partitionsWhere(this.topic, patienceMs, (all) =>
          all.every(({ leader, replicas }) => leader === replicas[0]),
        )
        .catch((error: unknown) => {
          if (patienceMs === 0) throw error
          return false
        })
      if (isDone !== false) return
    }
  }

  inSync() {
    return this.bed.admin.partitionsWhere(this.topic, inSyncPatienceMs, (all) =>
      all.every(({ leader, isr, replicas }) => leader >= 0 && isr.length === replicas.length),
    )
  }

  /** Runs a fault by its name into the history, and heals it. */
  async during(fault: string, detail: string, work: () => Promise<void>): Promise<void> {
    this.history.add({ type: 'fault', fault, phase: 'begins', detail })
    await work()
    this.history.add({ type: 'fault', fault, phase: 'healed', detail })
  }

  /** Ends the load, reads every copy and returns what is wrong with any of it. */
  async judge(): Promise<readonly Anomaly[]> {
    await this.workload.stop()
    const partitions = await this.inSync()
    await readLeaders(this.history, this.workload.view, this.workload.partitions)
    await this.bed.cluster.stop()
    const replicas = new Map(partitions.map((one) => [one.partition, one.replicas]))
    readFiles(this.history, this.bed.cluster.all, this.topic, replicas)
    const anomalies = checkHistory(this.history.events, this.workload.partitions)
    const acked = eventsOf(this.history.events, 'acked').reduce((sum, { count }) => sum + count, 0)
    console.log(`${acked} records acknowledged, ${anomalies.length} anomalies`)
    for (const line of anomalyLines(anomalies)) console.log(`  ${line}`)
    return anomalies
  }

  /** Also after a test that failed in the middle: then the clients are still at work. */
  async close(): Promise<void> {
    this.workload.abandon()
    await this.bed.close()
  }
}
