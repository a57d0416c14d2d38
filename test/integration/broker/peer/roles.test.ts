// Nodes that are a broker or a controller only, and starts that are given up: in one process, over
// loopback.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadBrokerConfig } from '@samsa/broker/config/server-properties'
import { type RunningNode, startNode } from '@samsa/broker/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../../../support/conformance/ports.ts'
import { waitFor } from '../../../support/conformance/wait.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const timeoutMs = 20_000

let dir = ''
let controllerPort = 0
let httpPort = 0
const nodes: RunningNode[] = []

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'samsa-roles-'))
  controllerPort = await freePort([1])
  httpPort = controllerPort + 1
})

afterEach(async () => {
  for (const node of nodes.splice(0)) await node.close()
  rmSync(dir, { recursive: true, force: true })
})

function controllerConfig() {
  const text = [
    'process.roles=controller',
    'node.id=100',
    `listeners=CONTROLLER://127.0.0.1:${controllerPort}`,
    'controller.listener.names=CONTROLLER',
    `controller.quorum.voters=100@127.0.0.1:${controllerPort}`,
    'samsa.http.listener=127.0.0.1:0',
    `log.dirs=${join(dir, 'controller')}`,
  ]
  return loadBrokerConfig({ text: text.join('\n') }).config
}

function brokerConfig() {
  const text = [
    'process.roles=broker',
    'node.id=1',
    'listeners=PLAINTEXT://127.0.0.1:0',
    `controller.quorum.bootstrap.servers=127.0.0.1:${controllerPort}`,
    'samsa.grpc.listener=127.0.0.1:0',
    `samsa.http.listener=127.0.0.1:${httpPort}`,
    `log.dirs=${join(dir, 'broker')}`,
  ]
  return loadBrokerConfig({ text: text.join('\n') }).config
}

async function ready(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`)
  return (await response.text()).trim()
}

async function whyNotReady(): Promise<string | undefined> {
  try {
    return await ready(httpPort)
  } catch {
    return undefined // Its port is not open yet.
  }
}

describe('a node', () => {
  it('may be a broker alone, which waits for its controller and says so', async () => {
    const starting = startNode({ config: brokerConfig(), events: silent })
    const reason = await waitFor(whyNotReady, { what: 'a reason', timeoutMs })
    expect(reason).toBe('no controller can be reached')
    const controller = await startNode({ config: controllerConfig(), events: silent })
    nodes.push(controller)
    const broker = await starting
    nodes.push(broker)
    expect(broker.clusterId).toBe(controller.clusterId)
    expect(broker.controllerPort).toBeNull()
    expect(controller.ports.size).toBe(0)
    expect(await ready(httpPort)).toBe('ok')
    expect(await ready(controller.httpPort ?? 0)).toBe('ok')
  }, 60_000)

  it('that waits for others can be stopped, and leaves its directories free', async () => {
    const giveUp = new AbortController()
    const starting = startNode({ config: brokerConfig(), events: silent, signal: giveUp.signal })
    await waitFor(whyNotReady, { what: 'a reason', timeoutMs })
    giveUp.abort(new Error('no longer wanted'))
    await expect(starting).rejects.toThrow('no longer wanted')
    nodes.push(await startNode({ config: controllerConfig(), events: silent }))
    nodes.push(await startNode({ config: brokerConfig(), events: silent }))
    expect(await ready(httpPort)).toBe('ok')
  }, 60_000)

  it('refuses the log of a controller that runs already', async () => {
    nodes.push(await startNode({ config: controllerConfig(), events: silent }))
    const second = startNode({ config: controllerConfig(), events: silent })
    await expect(second).rejects.toThrow('in use by another process')
  }, 60_000)

  it('tells which address is taken', async () => {
    nodes.push(await startNode({ config: controllerConfig(), events: silent }))
    const text = [
      'process.roles=broker,controller',
      'node.id=2',
      `listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:${controllerPort}`,
      'controller.listener.names=CONTROLLER',
      `log.dirs=${join(dir, 'other')}`,
    ]
    const { config } = loadBrokerConfig({ text: text.join('\n') })
    await expect(startNode({ config, events: silent })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      address: '127.0.0.1',
      port: controllerPort,
    })
  }, 60_000)
})
