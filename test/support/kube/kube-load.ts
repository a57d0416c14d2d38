// Producers with acks=all and a consumer outside of Kubernetes, by the node ports, while a cluster
// is changed: what was acknowledged must be there at the end, and was acknowledged in time.

import { type Anomaly, anomalyLines } from '../chaos/anomaly.ts'
import { checkLog } from '../chaos/check-log.ts'
import { eventsOf, largestGapMs, quantile } from '../chaos/check-progress.ts'
import { checkReads } from '../chaos/check-reads.ts'
import { ClusterView } from '../chaos/cluster-view.ts'
import { readLeaders } from '../chaos/final-copies.ts'
import { History } from '../chaos/history.ts'
import { RawPoller } from '../chaos/raw-poller.ts'
import { RawProducer } from '../chaos/raw-producer.ts'
import { waitFor } from '../conformance/wait.ts'
import type { TestCluster } from './test-cluster.ts'

const partitionCount = 6
let count = 0

export class KubeLoad {
  /** Of its own: its records are told from those of nobody else. */
  readonly topic = `loaded-${++count}`
  readonly history = new History()
  readonly view: ClusterView
  readonly #partitions = Array.from({ length: partitionCount }, (_, index) => index)
  readonly #producer: RawProducer
  readonly #poller: RawPoller
  #fromMs = 0

  private constructor(cluster: TestCluster) {
    const partitions = this.#partitions
    this.view = new ClusterView(this.topic, cluster.addresses)
    this.#producer = new RawProducer(this.history, this.view, {
      name: 'producer',
      partitions,
      recordBytes: 200,
      recordsPerBatch: 5,
      pauseMs: 50,
      requestTimeoutMs: 2_000,
    })
    this.#poller = new RawPoller(this.history, this.view, { name: 'consumer', partitions })
  }

  /** Makes the topic and resolves once every partition acknowledges. */
  static async start(cluster: TestCluster, replicas = 3): Promise<KubeLoad> {
    const config = { 'min.insync.replicas': Math.max(1, replicas - 1) }
    const load = new KubeLoad(cluster)
    await cluster.topic(load.topic, { partitions: partitionCount, replicas, config })
    await load.view.refresh()
    load.#producer.start()
    load.#poller.start()
    await load.goesOn()
    load.mark()
    return load
  }

  /** From here on the latencies count. */
  mark(): void {
    this.#fromMs = this.history.nowMs()
  }

  /** Waits until every partition has acknowledged once more. */
  async goesOn(timeoutMs = 30_000): Promise<void> {
    const from = this.history.events.length
    const isDone = () => {
      const acked = new Set<number>()
      for (const event of this.history.events.slice(from)) {
        if (event.type === 'acked') acked.add(event.partition)
      }
      return acked.size === partitionCount
    }
    await waitFor(isDone, { what: 'an acknowledgement of every partition', timeoutMs })
  }

  /** Ends the load; how it went since the mark, and what is wrong with what was written and read. */
  async judge(what: string): Promise<LoadReport> {
    const toMs = this.history.nowMs()
    await this.goesOn()
    await this.#producer.stop(30_000)
    await this.view.refresh()
    await readLeaders(this.history, this.view, this.#partitions)
    await this.#poller.stop()
    const { events } = this.history
    const anomalies = [...checkLog(events), ...checkReads(events)]
    const latenciesMs = this.#latenciesMs(toMs)
    const gapsMs = this.#partitions.map((partition) =>
      largestGapMs(events, partition, { fromMs: this.#fromMs, toMs }),
    )
    const report = {
      anomalies,
      acked: eventsOf(events, 'acked').reduce((sum, { count }) => sum + count, 0),
      p50Ms: quantile(latenciesMs, 0.5),
      p99Ms: quantile(latenciesMs, 0.99),
      gapMs: Math.max(...gapsMs),
      refusals: this.#producer.refusals,
    }
    const [p50, p99, gap] = [report.p50Ms, report.p99Ms, report.gapMs].map((ms) => ms.toFixed(0))
    console.log(
      `${what}: ${report.acked} records acknowledged in ${(toMs / 1000).toFixed(0)} s, ` +
        `p50 ${p50} ms, p99 ${p99} ms, longest silence ${gap} ms, ${anomalies.length} anomalies`,
    )
    const refused = [...report.refusals].map(([error, times]) => `${error} ${times}`)
    if (refused.length > 0) console.log(`  refused meanwhile: ${refused.join(', ')}`)
    for (const line of anomalyLines(anomalies)) console.log(`  ${line}`)
    return report
  }

  /** Reads everything once more, from a cluster that may have been made anew; for its checks. */
  async readAgain(cluster: TestCluster): Promise<{ anomalies: Anomaly[]; records: number }> {
    const view = new ClusterView(this.topic, cluster.addresses)
    await view.refresh()
    const { events } = this.history
    const from = events.length
    await readLeaders(this.history, view, this.#partitions)
    const finals = eventsOf(events.slice(from), 'final')
    return {
      anomalies: checkLog(events),
      records: finals.reduce((sum, { records }) => sum + records.length, 0),
    }
  }

  /** From the first try of a batch to its acknowledgement, tries in between included. */
  #latenciesMs(toMs: number): number[] {
    const sent = new Map<string, number>()
    const latencies: number[] = []
    for (const event of this.history.events) {
      if (event.type !== 'sent' && event.type !== 'acked') continue
      const key = `${event.producer} ${event.partition} ${event.first}`
      if (event.type === 'sent') sent.set(key, event.atMs)
      else {
        const sentMs = sent.get(key) ?? event.atMs
        if (sentMs >= this.#fromMs && sentMs <= toMs) latencies.push(event.atMs - sentMs)
      }
    }
    return latencies
  }
}

export interface LoadReport {
  readonly anomalies: readonly Anomaly[]
  readonly acked: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Longest time without an acknowledgement on some partition. */
  readonly gapMs: number
  /** How often brokers refused a batch, by error. */
  readonly refusals: ReadonlyMap<string, number>
}
