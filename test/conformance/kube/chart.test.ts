// The chart over its life: installed in an older version, upgraded with its definitions, taken away
// while clusters go on, installed anew; and with Roles in one namespace and no right beyond it.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { run } from '../../support/conformance/processes.ts'
import { waitFor } from '../../support/conformance/wait.ts'
import { kubectl } from '../../support/kube/kube.ts'
import { KubeLoad } from '../../support/kube/kube-load.ts'
import {
  chart,
  helm,
  helmInstall,
  helmUninstall,
  leader,
  releaseNamespace,
} from '../../support/kube/release.ts'
import { TestCluster } from '../../support/kube/test-cluster.ts'

const older = mkdtempSync(join(tmpdir(), 'samsa-chart-'))
let cluster: TestCluster

beforeAll(async () => {
  await helmUninstall()
  makeOlderChart()
})
afterAll(async () => {
  rmSync(older, { recursive: true })
  await cluster.close()
  await helmInstall()
})

/** This one with fewer columns in its definitions and one replica. */
function makeOlderChart(): void {
  cpSync(chart, older, { recursive: true })
  const definitions = join(older, 'templates/crds')
  for (const name of readdirSync(definitions)) {
    const path = join(definitions, name)
    const text = readFileSync(path, 'utf8')
    const without = text.replace(
      /^ {6}additionalPrinterColumns:\n(?: {8}- .*\n(?: {10}\w.*\n)*)+/m,
      '',
    )
    expect(without).not.toBe(text)
    writeFileSync(path, without)
  }
}

const columns = (kind: string) =>
  kubectl('get', 'crd', `${kind}.samsa.io`, '-o', 'jsonpath={..additionalPrinterColumns[*].name}')

it('is installed, and upgraded together with its definitions', async () => {
  await helmInstall({ from: older, values: ['replicas=1'] })
  expect(await columns('kafkaclusters')).toBe('')
  cluster = await TestCluster.start('charted')
  const before = await cluster.incarnations()
  await helmInstall()
  expect(await columns('kafkaclusters')).toContain('Ready')
  const replicas = ['get', 'deployment', 'samsa-operator', '-o', 'jsonpath={.status.readyReplicas}']
  expect(await kubectl('-n', releaseNamespace, ...replicas)).toBe('2')
  await waitFor(async () => (await leader()) !== undefined, {
    what: 'an operator to lead',
    timeoutMs: 60_000,
  })
  await cluster.ready()
  expect(await cluster.incarnations()).toEqual(before)
})

it('leaves definitions and clusters when it goes, and takes them up when it is back', async () => {
  const load = await KubeLoad.start(cluster)
  const before = await cluster.incarnations()
  await helmUninstall()
  await load.goesOn()
  expect(await kubectl('-n', 'charted', 'get', 'kafkaclusters', '-o', 'name')).toContain('/samsa')
  expect(await cluster.incarnations()).toEqual(before)
  await helmInstall()
  await cluster.change({ config: { 'log.retention.ms': 7_200_000 } })
  await cluster.ready()
  expect(await cluster.incarnations()).toEqual(before)
  const { anomalies } = await load.judge('a release that went and came back')
  expect(anomalies).toEqual([])
})

it('works with Roles in its namespace alone, and no right beyond it', async () => {
  await helmUninstall()
  const namespace = 'roles'
  // Its own definitions are another release's.
  const values = ['clusterWide=false', 'crds.install=false', 'replicas=1']
  await helmInstall({ namespace, values })
  try {
    const account = `system:serviceaccount:${namespace}:samsa-operator`
    const canI = async (...what: string[]) => {
      const asked = ['auth', 'can-i', ...what, `--as=${account}`]
      return (await run('kubectl', asked, { allowFailure: true })).stdout.toString().trim()
    }
    expect(await canI('create', 'pods', '-n', namespace)).toBe('yes')
    expect(await canI('list', 'pods', '-n', 'charted')).toBe('no')
    expect(await canI('list', 'nodes')).toBe('no')
    expect(await kubectl('get', 'clusterroles', '-o', 'name')).not.toContain('samsa')
    const own = await TestCluster.start(namespace, { nodePools: oneNode, config: alone })
    await own.topic('orders', { partitions: 2, replicas: 1 })
    expect(await own.admin.partitions('orders')).toHaveLength(2)
    // Nobody looks after the other one.
    const { metadata } = await cluster.get()
    await cluster.change({ paused: true })
    expect((await cluster.status()).observedGeneration).toBe(metadata.generation)
    await own.close()
  } finally {
    await helm('uninstall', 'samsa', '-n', namespace, '--ignore-not-found')
  }
})

it('is the same as plain manifests, which the API server takes', async () => {
  const manifests = new URL('../../../manifests/samsa.yaml', import.meta.url).pathname
  const answer = await kubectl('apply', '--server-side', '--dry-run=server', '-f', manifests)
  expect(answer).toContain('deployment.apps/samsa-operator serverside-applied (server dry run)')
})

const oneNode = [
  {
    name: 'nodes',
    roles: ['broker', 'controller'],
    replicas: 1,
    volumes: [{ id: 0, size: '1Gi' }],
  },
]
const alone = { 'default.replication.factor': 1, 'min.insync.replicas': 1 }
