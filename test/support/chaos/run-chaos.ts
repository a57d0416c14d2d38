// One run: a cluster, its clients, faults one after the other by the seed, and the judgement of the
// history. The same seed picks the same faults; what they meet depends on the machine.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SeededRandom } from '../conformance/random.ts'
import { pythonPath, type TargetKind } from '../conformance/target.ts'
import { type Anomaly, anomalyLines } from './anomaly.ts'
import { eventsOf, progressLimitMs } from './check-progress.ts'
import { checkHistory } from './checker.ts'
import { type FaultName, faults } from './faults.ts'
import { readFiles, readLeaders } from './final-copies.ts'
import { GroupWorkload } from './group-workload.ts'
import { History } from './history.ts'
import { TestBed } from './test-bed.ts'
import { TransactionalWorkload } from './transactional-workload.ts'
import { Workload } from './workload.ts'

export interface ChaosOptions {
  readonly kind: TargetKind
  readonly seed: number
  readonly durationMs: number
  readonly nodes: number
  readonly faults: readonly FaultName[]
  readonly partitions: number
  /** Where the history and the report go. */
  readonly dir: string
  readonly log: (line: string) => void
}

export interface ChaosReport {
  readonly anomalies: readonly Anomaly[]
  readonly acked: number
  /** Transactions that were acknowledged as committed. */
  readonly committed: number
  readonly faults: number
  /** The longest time from a heal until every partition had acknowledged again. */
  readonly slowestProgressMs: number
}

const topic = 'chaos'
const transactionsTopic = 'chaos-transactions'
const inSyncPatienceMs = 60_000
// Between faults: now and then none at all, so that one strikes while the last one is mended.
const quietMsMax = 4_000

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { dir, log, seed } = options
  mkdirSync(dir, { recursive: true })
  const history = new History(join(dir, 'history.jsonl'))
  const bed = await TestBed.start({
    kind: options.kind,
    nodes: options.nodes,
    // Small segments, so that faults also meet the roll from one to the next.
    configs: {
      'log.segment.bytes': '1048576',
      'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
      // As many as the few clients can keep busy.
      'transaction.state.log.num.partitions': '6',
      'offsets.topic.num.partitions': '6',
    },
  })
  try {
    const { partitions } = options
    const workload = await Workload.start(history, bed, { topic, partitions, producers: 2 })
    const transactions = await TransactionalWorkload.start(history, bed, {
      topic: transactionsTopic,
      partitions: 4,
      producers: 3,
      seed,
    })
    const groups = groupWorkloads(history, bed, seed)
    log(`${options.nodes} nodes serve; ${partitions} partitions; seed ${seed}`)
    const run = { bed, history, workload, transactions, groups }
    const done = await doFaults(options, run)
    await finish(options, run)
    const anomalies = checkHistory(history.events, workload.partitions)
    const acked = eventsOf(history.events, 'acked').reduce((sum, event) => sum + event.count, 0)
    const ended = eventsOf(history.events, 'transactionEnded')
    const committed = ended.filter(({ outcome }) => outcome === 'committed').length
    const left = eventsOf(history.events, 'left')
    const leftBehind = left.filter(({ isLeftBehind }) => isLeftBehind).length
    log(`${left.length} group members came and went, ${leftBehind} of them did not close`)
    writeFileSync(join(dir, 'anomalies.json'), JSON.stringify(anomalies, undefined, 2))
    for (const line of anomalyLines(anomalies)) log(`FOUND ${line}`)
    return { anomalies, acked, committed, ...done }
  } finally {
    await bed.close().catch((error: unknown) => log(`closing: ${String(error)}`))
    await history.close()
  }
}

/** None where confluent-kafka is not installed. */
function groupWorkloads(history: History, bed: TestBed, seed: number): GroupWorkload[] {
  if (!existsSync(pythonPath)) return []
  const { bootstrap } = bed.cluster
  const protocols = ['classic', 'consumer'] as const
  return protocols.map(
    (protocol) => new GroupWorkload(history, { bootstrap, topic, protocol, seed }),
  )
}

interface Run {
  readonly bed: TestBed
  readonly history: History
  readonly workload: Workload
  readonly transactions: TransactionalWorkload
  readonly groups: readonly GroupWorkload[]
}

async function doFaults(
  options: ChaosOptions,
  run: Run,
): Promise<Pick<ChaosReport, 'faults' | 'slowestProgressMs'>> {
  const { bed, history, workload } = run
  const random = new SeededRandom(options.seed)
  const endMs = performance.now() + options.durationMs
  let count = 0
  let slowestProgressMs = 0
  while (performance.now() < endMs) {
    const fault = random.pick(options.faults)
    const [min, max] = faults[fault].durationMs
    const lastsMs = min + random.below(max - min + 1)
    const quietMs = Math.max(0, random.below(quietMsMax + 2_000) - 2_000)
    await delay(quietMs)
    // Two damaged copies of three would be more than replication can make good.
    if (fault === 'bit-flip' || fault === 'kill-all') await inSync(bed)
    const active = await faults[fault].begin({ bed, random, topic })
    const { detail } = active
    count++
    history.add({ type: 'fault', fault, phase: 'begins', detail })
    await delay(lastsMs)
    await active.heal()
    history.add({ type: 'fault', fault, phase: 'healed', detail })
    const healedMs = history.nowMs()
    const goesOn = await workload.progresses(progressLimitMs + 1_000)
    const tookMs = Math.round(history.nowMs() - healedMs)
    slowestProgressMs = Math.max(slowestProgressMs, tookMs)
    const outcome = goesOn ? `goes on after ${tookMs} ms` : 'DOES NOT GO ON'
    options.log(
      `${clock(history.nowMs())} ${fault}: ${detail}, ${(lastsMs / 1_000).toFixed(1)} s; ${outcome}`,
    )
    if (!goesOn) await workload.progresses(inSyncPatienceMs)
  }
  return { faults: count, slowestProgressMs }
}

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

function inSync(bed: TestBed) {
  return bed.admin.partitionsWhere(topic, inSyncPatienceMs, (all) =>
    all.every(({ leader, isr, replicas }) => leader >= 0 && isr.length === replicas.length),
  )
}

/** Lets everything come to rest and reads all copies. */
async function finish(options: ChaosOptions, run: Run): Promise<void> {
  const { bed, history, workload, transactions, groups } = run
  options.log('the end: all replicas must come in sync, and then agree')
  await workload.stop()
  await transactions.stop()
  for (const group of groups) await group.stop()
  const partitions = await inSync(bed)
  const named = [...(workload.confluent === undefined ? [] : [workload.confluent]), ...groups]
  for (const { group } of named) {
    const committed = await bed.admin.committed(group, topic, workload.partitions)
    for (const [partition, offset] of committed) {
      history.add({ type: 'committed', group, partition, offset, how: 'fetched' })
    }
  }
  await readLeaders(history, workload.view, workload.partitions)
  await bed.cluster.stop()
  const replicas = new Map(partitions.map((one) => [one.partition, one.replicas]))
  readFiles(history, bed.cluster.nodes, topic, replicas)
}
