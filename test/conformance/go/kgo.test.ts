// franz-go's own tests of its client: groups of every balancer chained to each other and checked
// for each record once, in order, the same in transactions; produce, consume, pause, and its
// regression tests. Three times in a row.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import { goTest } from '../../support/conformance/go-tests.ts'
import { replicasIn } from '../../support/conformance/server.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { sizeFromEnvironment } from '../../support/conformance/target.ts'

const pattern =
  'TestGroupETL|TestTxnEtl|TestGroupSimple|TestIssue|TestConsume|TestClient_Produce|TestPause|TestAddRemovePartitions'
// Tests that must have run, so that a pattern which matches nothing cannot pass.
const expected = [
  'TestGroupETL',
  'TestTxnEtl',
  'TestGroupETL/range',
  'TestGroupETL/cooperative-sticky',
  'TestGroupETL/cooperative-sticky/static',
  'TestGroupSimple/classic',
  'TestClient_Produce',
  'TestPauseIssueOct2023',
  'TestAddRemovePartitions',
]
const runs = sizeFromEnvironment('SAMSA_KGO_RUNS', 3)
const records = sizeFromEnvironment('SAMSA_KGO_RECORDS', 50_000)

conformanceSuite("franz-go's client tests", ['go'], () => {
  let cluster: Cluster

  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterAll(() => cluster?.close())

  it.each(Array.from({ length: runs }, (_, index) => index + 1))('pass, run %i', async () => {
    const results = await goTest({
      packageName: 'github.com/twmb/franz-go/pkg/kgo',
      pattern,
      env: {
        KGO_SEEDS: cluster.bootstrap,
        KGO_TEST_RF: String(replicasIn(cluster.nodes.length)),
        KGO_TEST_RECORDS: String(records),
        KGO_TEST_MAX_TOPIC_PARTS: '7',
        KGO_LOG_LEVEL: 'none',
      },
      timeoutMs: 600_000,
    })
    expect(results.failed, results.failureText).toEqual([])
    expect(results.passed).toEqual(expect.arrayContaining(expected))
  })
})
