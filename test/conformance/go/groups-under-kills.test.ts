// franz-go's TestGroupETL on three nodes: chains of groups of every balancer and both protocols
// that read and write, each record once and in order; in peace, and while a node is killed with -9
// every 20 s. At full size: SAMSA_KGO_RECORDS=100000 SAMSA_KGO_RUNS=5.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import { goTest } from '../../support/conformance/go-tests.ts'
import { NodeKills } from '../../support/conformance/node-kills.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { sizeFromEnvironment } from '../../support/conformance/target.ts'

const expected = [
  'TestGroupETL',
  'TestGroupETL/range',
  'TestGroupETL/cooperative-sticky',
  'TestGroupETL/range/848',
  'TestGroupETL/sticky/848',
  'TestGroupETL/cooperative-sticky/static',
  'TestGroupETL/sticky/848/static',
]
const runs = sizeFromEnvironment('SAMSA_KGO_RUNS', 1)
const runsWithKills = sizeFromEnvironment('SAMSA_KGO_RUNS_WITH_KILLS', 1)
const records = sizeFromEnvironment('SAMSA_KGO_RECORDS', 20_000)
const killEveryMs = sizeFromEnvironment('SAMSA_KGO_KILL_EVERY_MS', 20_000)
const awayMs = 3_000

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

conformanceSuite("franz-go's chained groups on three nodes", ['go'], () => {
  let cluster: Cluster

  beforeEach(async () => {
    cluster = await startCluster({ nodes: 3 })
  })
  afterEach(() => cluster?.close())

  async function chain(): Promise<void> {
    const results = await goTest({
      packageName: 'github.com/twmb/franz-go/pkg/kgo',
      pattern: '^TestGroupETL$',
      env: {
        KGO_SEEDS: cluster.bootstrap,
        KGO_TEST_RF: '3',
        KGO_TEST_RECORDS: String(records),
        KGO_TEST_MAX_TOPIC_PARTS: '7',
        KGO_LOG_LEVEL: 'none',
      },
      timeoutMs: 800_000,
    })
    expect(results.failed, results.failureText).toEqual([])
    expect(results.passed).toEqual(expect.arrayContaining(expected))
  }

  it.each(numbers(runs))('pass, run %i', chain)

  it.each(numbers(runsWithKills))('pass while nodes are killed with -9, run %i', async () => {
    const kills = new NodeKills(cluster, { everyMs: killEveryMs, awayMs })
    try {
      await chain()
    } finally {
      await kills.stop()
    }
    expect(kills.count).toBeGreaterThan(0)
  })
})
