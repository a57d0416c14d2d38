// Node ports outlive the Services that had them: brokers tell them to clients.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { giveOutNodePorts } from '../../../support/kube-api/node-ports.ts'
import { Stage, specOf } from '../../../support/operator/stage.ts'

let stage: Stage

beforeEach(async () => {
  stage = await Stage.open()
  giveOutNodePorts(stage.server.store)
})

afterEach(async () => {
  expect(stage.failures).toEqual([])
  await stage.close()
})

const plain = { name: 'plain', port: 9092, type: 'internal' }
const specWith = (over: object) =>
  specOf({ listeners: [plain, { name: 'out', port: 9094, type: 'nodeport', ...over }] })
const place = (name: string) => ({ collection: 'v1/services', namespace: 'ns', name })
const outside = ['c-out-bootstrap', 'c-out-0', 'c-out-1', 'c-out-2']

function portOf(name: string): number | undefined {
  const service = stage.server.store.find(place(name))
  const { spec } = (service ?? {}) as { spec?: { ports: { nodePort?: number }[] } }
  return spec?.ports[0]?.nodePort
}

const portsNow = () => outside.map(portOf)
const lose = (names: readonly string[]) => {
  for (const name of names) stage.server.store.delete(place(name))
}

/** Somebody else's Service is quicker. */
function take(nodePort: number | undefined): void {
  stage.server.store.create(place('foreign'), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {},
    spec: { type: 'NodePort', ports: [{ port: 80, nodePort: nodePort ?? 0 }] },
  })
}

describe('a Service of type nodeport that is deleted', () => {
  it('comes back with its port, and no pod is made anew', async () => {
    stage.create(specWith({}))
    await stage.settle()
    const [ports, pods, told] = [portsNow(), stage.podUids(), stage.status().listeners]
    expect(new Set(ports).size).toBe(4)
    for (const names of [...outside.map((name) => [name]), outside]) {
      lose(names)
      await stage.pass()
      expect(portsNow()).toEqual(ports)
      expect(stage.condition('Ready')?.status).toBe('True')
      expect(stage.status().listeners).toEqual(told)
    }
    expect(stage.podUids()).toEqual(pods)
  })

  it('comes back with its port where the address of the spec hides it from the pod', async () => {
    stage.create(specWith({ advertisedHostTemplate: 'b{nodeId}.example' }))
    await stage.settle()
    const [ports, pods] = [portsNow(), stage.podUids()]
    lose(outside)
    await stage.settle()
    expect(portsNow()).toEqual(ports)
    expect(stage.podUids()).toEqual(pods)
  })

  it('waits a pass for a port that is not free yet', async () => {
    stage.create(specWith({}))
    await stage.settle()
    const [ports, pods] = [portsNow(), stage.podUids()]
    for (const name of ['c-out-bootstrap', 'c-out-1']) {
      const port = portOf(name)
      lose([name])
      take(port)
      await stage.pass()
      expect(portOf(name)).toBeUndefined()
      expect(stage.condition('ListenersReady')).toMatchObject({ reason: 'NodePortRefused' })
      lose(['foreign'])
      await stage.settle()
    }
    expect(portsNow()).toEqual(ports)
    expect(stage.podUids()).toEqual(pods)
  })

  it('gets another port when its own is taken, and only that broker is made anew', async () => {
    stage.create(specWith({}))
    await stage.settle()
    const [ports, pods] = [portsNow(), stage.podUids()]
    lose(['c-out-1'])
    take(ports[2])
    await stage.pass()
    await stage.pass()
    const now = portsNow()
    expect(now[2]).toBeGreaterThan(30_000)
    expect(now.map((port, index) => port === ports[index])).toEqual([true, true, false, true])
    await stage.pass()
    await stage.settle()
    expect(stage.podUids().filter((uid) => pods.includes(uid))).toHaveLength(2)
    expect(JSON.stringify(stage.status().listeners)).toContain(`10.0.0.1:${now[2]}`)
  })

  it('has the port that the spec names, whatever it had', async () => {
    stage.create(specWith({}))
    await stage.settle()
    lose(['c-out-bootstrap', 'c-out-0'])
    const brokers = [{ nodeId: 0, nodePort: 31_000 }]
    stage.change(specWith({ bootstrap: { nodePort: 31_001 }, brokers }))
    await stage.settle()
    expect([portOf('c-out-bootstrap'), portOf('c-out-0')]).toEqual([31_001, 31_000])
  })

  it('leaves a port to the one that the spec names it for', async () => {
    stage.create(specWith({}))
    await stage.settle()
    const [bootstrap] = portsNow()
    lose(['c-out-bootstrap', 'c-out-0'])
    stage.change(specWith({ brokers: [{ nodeId: 0, nodePort: bootstrap }] }))
    await stage.settle()
    expect(portOf('c-out-0')).toBe(bootstrap)
    expect(portOf('c-out-bootstrap')).toBeGreaterThan(30_000)
  })
})
