// franz-go's ETL tests against a cluster: chains of groups that read from one topic and write to
// the next, in peace, and while a node is killed with -9 every 20 s. At full size:
// SAMSA_KGO_RECORDS=100000 SAMSA_KGO_RUNS=5.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Cluster, type ClusterOptions, startCluster } from './cluster.ts'
import { goTest } from './go-tests.ts'
import { NodeKills } from './node-kills.ts'
import { conformanceSuite } from './suite.ts'
import { sizeFromEnvironment } from './target.ts'

const runs = sizeFromEnvironment('SAMSA_KGO_RUNS', 1)
const runsWithKills = sizeFromEnvironment('SAMSA_KGO_RUNS_WITH_KILLS', 1)
const records = sizeFromEnvironment('SAMSA_KGO_RECORDS', 20_000)
const killEveryMs = sizeFromEnvironment('SAMSA_KGO_KILL_EVERY_MS', 20_000)
const awayMs = 3_000

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** Of balancers, protocols and kinds of members: those that must have run. */
const variants = [
  '/range',
  '/cooperative-sticky',
  '/range/848',
  '/sticky/848',
  '/cooperative-sticky/static',
  '/sticky/848/static',
]

export interface KgoChainOptions {
  readonly title: string
  /** Of Go. */
  readonly test: string
  readonly cluster: ClusterOptions
}

/** Declares the suite of one of these tests. */
export function kgoChainSuite({ title, test, cluster: options }: KgoChainOptions): void {
  conformanceSuite(title, ['go'], () => {
    let cluster: Cluster

    beforeEach(async () => {
      cluster = await startCluster(options)
    })
    afterEach(() => cluster?.close())

    async function chain(): Promise<void> {
      const results = await goTest({
        packageName: 'github.com/twmb/franz-go/pkg/kgo',
        pattern: `^${test}$`,
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
      const expected = [test, ...variants.map((variant) => `${test}${variant}`)]
      expect(results.passed).toEqual(expect.arrayContaining(expected))
    }

    it.each(numbers(runs))('pass, run %i', chain)

    it.each(numbers(runsWithKills))('pass while nodes are killed with -9, run %i', async () => {
      const kills = new NodeKills(cluster, { everyMs: killEveryMs, awayMs })
      try {
        // A short chain may come to its end before the first kill.
        do await chain()
        while (kills.count === 0)
      } finally {
        await kills.stop()
      }
    })
  })
}
