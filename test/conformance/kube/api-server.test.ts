// The API server is away for a while: brokers do not care; the operator goes on when it is back.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { waitFor } from '../../support/conformance/wait.ts'
import { apiServer } from '../../support/kube/harness.ts'
import { KubeLoad } from '../../support/kube/kube-load.ts'
import { helmInstall, leader } from '../../support/kube/release.ts'
import { TestCluster } from '../../support/kube/test-cluster.ts'

let cluster: TestCluster

beforeAll(async () => {
  await helmInstall()
  cluster = await TestCluster.start('served')
})
afterAll(() => cluster.close())

it('brokers serve without the API server, and changes are seen after (scenario 19)', async () => {
  const load = await KubeLoad.start(cluster)
  const before = await cluster.incarnations()
  await apiServer('stop')
  const untilMs = performance.now() + 45_000
  while (performance.now() < untilMs) await load.goesOn()
  await apiServer('start')
  // The operators, too, must find that it is back: by their lease and their watches.
  await waitFor(async () => (await leader()) !== undefined, { what: 'a leader', timeoutMs: 60_000 })
  await cluster.ready(60_000)
  const startMs = performance.now()
  await cluster.change({ config: { 'log.retention.ms': 3_600_000 } })
  const [first] = cluster.addresses
  await waitFor(
    async () => (await cluster.brokerConfig(first?.id ?? -1, 'log.retention.ms')) === '3600000',
    { what: 'the change to be seen', timeoutMs: 60_000 },
  )
  const seconds = (performance.now() - startMs) / 1000
  const { anomalies } = await load.judge('45 s without the API server')
  console.log(`the change was carried out ${seconds.toFixed(1)} s after it was made`)
  expect(anomalies).toEqual([])
  expect(seconds).toBeLessThanOrEqual(5)
  expect(await cluster.incarnations()).toEqual(before)
})
