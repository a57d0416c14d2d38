// Brokers and controllers of three combined nodes, as real processes: who is fenced, when, and who
// must never be. Times are told in the failure, so that a slow machine can be told from a fault.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../../support/conformance/cluster.ts'
import { samsaHttpPort } from '../../../support/conformance/samsa-server.ts'
import { waitFor } from '../../../support/conformance/wait.ts'

const ids = [1, 2, 3]
const timeoutMs = 20_000
/** Aimed at is 250 ms; a machine that runs all tests at once may take longer. */
const fencedWithinMs = 2_000

interface Fencing {
  readonly time: string
  readonly broker: number
  readonly reason: string
}

let cluster: Cluster

beforeAll(async () => {
  cluster = await startCluster({ kind: 'samsa', nodes: 3 })
}, 120_000)

afterAll(async () => {
  await cluster?.close()
}, 60_000)

async function metric(id: number, name: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${samsaHttpPort(cluster.node(id).port)}/metrics`)
  const line = (await response.text()).split('\n').find((text) => text.startsWith(`${name} `))
  return Number(line?.split(' ')[1] ?? Number.NaN)
}

async function activeController(): Promise<number> {
  const look = async () => {
    for (const id of ids.filter((each) => cluster.node(each).isRunning)) {
      if ((await metric(id, 'samsa_active_controller_count')) === 1) return id
    }
    return undefined
  }
  return waitFor(look, { what: 'an active controller', timeoutMs })
}

/** All of them, as a node that runs sees it. */
async function waitForAll(): Promise<void> {
  const look = async () => {
    const counts = await Promise.all(ids.map((id) => metric(id, 'samsa_active_broker_count')))
    return counts.every((count) => count === ids.length)
  }
  await waitFor(look, { what: 'all brokers to be in', timeoutMs })
}

/** Every fencing that any controller decided since then. */
function fencingsSince(startMs: number): Fencing[] {
  const lines = ids.flatMap((id) => {
    return readFileSync(join(cluster.node(id).dir, 'samsa.log'), 'utf8').split('\n')
  })
  const events = lines.filter((line) => line.includes('fencing a broker'))
  return events
    .map((line) => JSON.parse(line) as Fencing)
    .filter(({ time }) => Date.parse(time) >= startMs)
}

function fencingOf(id: number, startMs: number): Promise<{ afterMs: number; reason: string }> {
  const look = () => {
    const fencing = fencingsSince(startMs).find(({ broker }) => broker === id)
    if (fencing === undefined) return undefined
    return { afterMs: Date.parse(fencing.time) - startMs, reason: fencing.reason }
  }
  return waitFor(look, { what: `broker ${id} to be fenced`, timeoutMs })
}

describe('a broker whose process is killed', () => {
  it('is fenced by its refused connections, and comes back', async () => {
    await waitForAll()
    const controller = await activeController()
    const victim = ids.find((id) => id !== controller) ?? 0
    const startMs = Date.now()
    await cluster.node(victim).kill9()
    const { afterMs, reason } = await fencingOf(victim, startMs)
    expect(reason).toBe('connection refused')
    expect(afterMs).toBeLessThan(fencedWithinMs)
    await cluster.node(victim).start()
    await waitForAll()
    expect(fencingsSince(startMs).map(({ broker }) => broker)).toEqual([victim])
  }, 90_000)
})

describe('a broker whose process stands still', () => {
  it('is fenced after a session, and taken in again when it goes on', async () => {
    await waitForAll()
    const controller = await activeController()
    const victim = ids.find((id) => id !== controller) ?? 0
    const startMs = Date.now()
    cluster.node(victim).pause()
    const { afterMs, reason } = await fencingOf(victim, startMs)
    cluster.node(victim).resume()
    expect(reason).toBe('session timed out')
    expect(afterMs).toBeGreaterThan(700)
    await waitForAll()
    expect(fencingsSince(startMs).map(({ broker }) => broker)).toEqual([victim])
  }, 90_000)
})

describe('the active controller', () => {
  it('is succeeded when its process is killed, and no broker but its own is fenced', async () => {
    await waitForAll()
    const controller = await activeController()
    const startMs = Date.now()
    await cluster.node(controller).kill9()
    const { afterMs, reason } = await fencingOf(controller, startMs)
    expect(reason).toBe('connection refused')
    expect(afterMs).toBeLessThan(2 * fencedWithinMs)
    expect(await activeController()).not.toBe(controller)
    await cluster.node(controller).start()
    await waitForAll()
    expect(fencingsSince(startMs).map(({ broker }) => broker)).toEqual([controller])
  }, 90_000)

  it('hands over and lets its broker go when it is stopped in order', async () => {
    await waitForAll()
    const controller = await activeController()
    const startMs = Date.now()
    expect(await cluster.node(controller).stop()).toBe(0)
    const { reason } = await fencingOf(controller, startMs)
    expect(reason).toBe('stopped')
    await cluster.node(controller).start()
    await waitForAll()
    expect(fencingsSince(startMs).map(({ broker }) => broker)).toEqual([controller])
  }, 90_000)
})
