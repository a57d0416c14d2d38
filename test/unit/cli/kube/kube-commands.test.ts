// `kubectl samsa`, against the API server in memory.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runSamsa } from '../../../support/cli/run-cli.ts'
import { clusterPlace, poolOf, Stage, specOf } from '../../../support/operator/stage.ts'

let stage: Stage
let dir: string

beforeEach(async () => {
  stage = await Stage.open()
  dir = mkdtempSync(join(tmpdir(), 'samsa-kubectl-'))
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'c', cluster: { server: stage.server.url, 'insecure-skip-tls-verify': true } },
    ],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'ns' } }],
    'current-context': 'here',
  }
  writeFileSync(join(dir, 'config'), JSON.stringify(config))
})

afterEach(async () => {
  await stage.close()
  rmSync(dir, { recursive: true })
})

const kubectl = (command: string, ...args: string[]) =>
  runSamsa(['kube', command, ...args, '--kubeconfig', join(dir, 'config')])
const place = (collection: string, name: string) => ({ collection, namespace: 'ns', name })

describe('kubectl samsa status', () => {
  it('tells how the cluster stands, and what a roll waits for', async () => {
    stage.create(specOf({ updatePolicy: { type: 'OnApproval' } }))
    await stage.settle()
    const config = { 'socket.listen.backlog.size': 99 }
    stage.change(specOf({ updatePolicy: { type: 'OnApproval' }, config }))
    await stage.pass()
    const { code, stdout } = await kubectl('status')
    expect(code).toBe(0)
    expect(stdout).toContain('KafkaCluster ns/c, generation 2')
    expect(stdout).toMatch(/StorageReady +True +VolumesReady/)
    expect(stdout).toMatch(/0 +nodes +broker,controller +- +yes +leader/)
    expect(stdout).toContain('c-bootstrap.ns.svc:9092')
    expect(stdout).toContain('roll: 3 pods to go')
    expect(stdout).toContain('waits: waiting for approval of generation 2')
    const json = await kubectl('status', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({ name: 'c', status: { brokers: 3 } })
  })

  it('says in one line what is wrong', async () => {
    expect(await kubectl('status')).toMatchObject({
      code: 1,
      stderr: 'samsa: there is no KafkaCluster in namespace ns: name another by -n\n',
    })
    stage.create()
    stage.server.store.create({ ...clusterPlace, name: 'd' }, { metadata: {}, spec: {} })
    expect((await kubectl('status')).stderr).toContain(
      'name one of the clusters of namespace ns: c, d',
    )
    expect((await kubectl('status', 'x', '-n', 'other')).stderr).toContain(
      'there is no KafkaCluster x in namespace other',
    )
    const missing = await runSamsa(['kube', 'status', '--kubeconfig', join(dir, 'none')])
    expect(missing).toMatchObject({ code: 2 })
    expect(missing.stderr).toContain('the API server cannot be found')
  })

  it('has help, as all the others', async () => {
    const { stdout } = await runSamsa(['kube', '--help'])
    const names = ['status', 'topics', 'restart', 'pause', 'approve', 'reassign', 'report']
    for (const name of names) {
      expect(stdout).toContain(`kube ${name}`)
      const help = await runSamsa(['kube', name, '--help'])
      expect(help.stdout).toContain(`Usage: samsa kube ${name} [cluster] [options]`)
      expect(help.stdout).toContain('-n, --namespace NAME')
    }
  })
})

describe('kubectl samsa restart', () => {
  it('has all pods replaced, or one', async () => {
    stage.create()
    await stage.settle()
    const before = stage.podUids()
    await kubectl('restart', 'c', '--node', '1')
    await stage.settle()
    expect(stage.podUids().filter((uid) => before.includes(uid))).toHaveLength(2)
    await kubectl('restart')
    await stage.settle()
    expect(stage.podUids().filter((uid) => before.includes(uid))).toEqual([])
    expect((await kubectl('restart', 'c', '--node', '9')).stderr).toContain(
      'node 9 of c has no pod',
    )
  })
})

describe('kubectl samsa approve', () => {
  it('lets a roll go that waits, and nothing else', async () => {
    const policy = { updatePolicy: { type: 'OnApproval' } }
    stage.create(specOf(policy))
    await stage.settle()
    const before = stage.podUids()
    stage.change(specOf({ ...policy, config: { 'socket.listen.backlog.size': 99 } }))
    await stage.pass()
    await kubectl('approve')
    await stage.settle()
    expect(stage.podUids().filter((uid) => before.includes(uid))).toEqual([])
    stage.change(specOf())
    expect((await kubectl('approve')).stderr).toContain('waits for no approval')
  })
})

describe('kubectl samsa pause and resume', () => {
  it('have the operator leave the cluster alone, and not any more', async () => {
    stage.create()
    await stage.settle()
    await kubectl('pause')
    stage.server.store.delete(place('v1/pods', 'c-nodes-1'))
    await stage.pass()
    expect(stage.names('v1/pods')).toHaveLength(2)
    expect((await kubectl('status')).stdout).toContain('paused')
    await kubectl('resume')
    await stage.settle()
    expect(stage.names('v1/pods')).toHaveLength(3)
  })
})

describe('kubectl samsa reassign', () => {
  it('has replicas spread evenly, once for each time that it is called', async () => {
    stage.create(specOf({ topics: [{ name: 't', partitions: 6, replicas: 1 }] }))
    await stage.settle()
    const topic = stage.cluster.topics.get('t')
    if (topic === undefined) throw new Error('no topic')
    topic.replicas = topic.replicas.map(() => [0])
    await stage.settle()
    expect(topic.replicas.flat()).toEqual([0, 0, 0, 0, 0, 0])
    await kubectl('reassign')
    await stage.pass()
    await stage.settle()
    const count = (id: number) => topic.replicas.flat().filter((one) => one === id).length
    expect([0, 1, 2].map(count)).toEqual([2, 2, 2])
    topic.replicas = topic.replicas.map(() => [1])
    await stage.settle()
    expect(count(1)).toBe(6)
  })
})

describe('kubectl samsa topics', () => {
  it('lists those of the cluster, wherever they are', async () => {
    stage.create()
    const topic = (name: string, namespace: string, cluster: string) => {
      const place = { collection: 'samsa.io/v1/kafkatopics', namespace, name }
      const spec = { clusterRef: { name: cluster, namespace: 'ns' }, topicName: `${name}.v1` }
      const body = { apiVersion: 'samsa.io/v1', kind: 'KafkaTopic', metadata: {}, spec }
      stage.server.store.create(place, body)
    }
    topic('here', 'ns', 'c')
    topic('there', 'apps', 'c')
    topic('foreign', 'ns', 'other')
    const { stdout } = await kubectl('topics')
    expect(stdout).toContain('here.v1')
    expect(stdout).not.toContain('there.v1')
    const all = await kubectl('topics', '--all-namespaces', '--not-ready')
    expect(all.stdout).toContain('there.v1')
    expect(all.stdout).not.toContain('foreign')
  })
})

describe('kubectl samsa report', () => {
  it('has what helps, and no secret', async () => {
    const env = [
      { name: 'DB_PASSWORD', value: 'hunter2' },
      { name: 'REGION', value: 'north' },
    ]
    const template = { pod: { spec: { containers: [{ name: 'samsa', env }] } } }
    stage.create(specOf({ nodePools: [poolOf(3, { template })] }))
    await stage.settle()
    const output = join(dir, 'report')
    const { code, stderr } = await kubectl('report', '--output', output)
    expect([code, stderr]).toEqual([0, expect.stringContaining('the report is in')])
    const files = readdirSync(output)
    expect(files).toEqual(
      expect.arrayContaining(['cluster.json', 'pods.json', 'secrets.json', 'events.json']),
    )
    const all = files
      .filter((file) => file.endsWith('.json'))
      .map((file) => readFileSync(join(output, file), 'utf8'))
      .join('\n')
    expect(all).toContain('"tls.key": "(hidden)"')
    expect(all).toContain('north')
    expect(all).not.toContain('hunter2')
    for (const secret of stage.list('v1/secrets')) {
      for (const value of Object.values(secret['data'] as Record<string, string>)) {
        expect(all).not.toContain(value)
      }
    }
  })
})
