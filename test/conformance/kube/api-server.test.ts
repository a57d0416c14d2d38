// The API server is away for a while: brokers do not care; the operator goes on as soon as it is
// back, however long that took.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { waitFor } from '../../support/conformance/wait.ts'
import { apiServer } from '../../support/kube/harness.ts'
import { KubeLoad } from '../../support/kube/kube-load.ts'
import { helmInstall } from '../../support/kube/release.ts'
import { TestCluster } from '../../support/kube/test-cluster.ts'

/** Well beyond the lease; ten minutes where all scenarios are run. */
const awayMs = process.env['SAMSA_KUBE_SCENARIOS'] === 'all' ? 600_000 : 45_000

let cluster: TestCluster

beforeAll(async () => {
  await helmInstall()
  cluster = await TestCluster.start('served')
})
afterAll(() => cluster.close())

it('brokers serve without the API server, and a change is seen within 5 s after (19)', async () => {
  const load = await KubeLoad.start(cluster)
  const before = await cluster.incarnations()
  await apiServer('stop')
  try {
    const untilMs = performance.now() + awayMs
    while (performance.now() < untilMs) await load.goesOn()
  } finally {
    await apiServer('start')
  }
  // At once: nobody but us has been told that it is back.
  await cluster.change({ config: { 'log.retention.ms': 3_600_000 } })
  const startMs = performance.now()
  const [first] = cluster.addresses
  await waitFor(
    async () => (await cluster.brokerConfig(first?.id ?? -1, 'log.retention.ms')) === '3600000',
    { what: 'the change to be seen', timeoutMs: 90_000 },
  )
  const seconds = (performance.now() - startMs) / 1000
  await cluster.ready()
  const { anomalies } = await load.judge(`${awayMs / 1000} s without the API server`)
  console.log(`the change was carried out ${seconds.toFixed(1)} s after it was made`)
  expect(anomalies).toEqual([])
  expect(seconds).toBeLessThanOrEqual(5)
  expect(await cluster.incarnations()).toEqual(before)
})
