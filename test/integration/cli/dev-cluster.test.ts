// `samsa dev --nodes 3` as a user runs it: processes, files, signals, and the commands that look
// after a cluster.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runSamsa } from '../../support/cli/run-cli.ts'
import { SamsaProcess } from '../../support/cli/samsa-process.ts'
import { freePort } from '../../support/conformance/ports.ts'
import { waitFor } from '../../support/conformance/wait.ts'

const ids = [1, 2, 3]
const portOffsets = [0, 10_000, 15_000, 20_000]
const waitTimeoutMs = 30_000

const choosePort = () =>
  freePort(ids.flatMap((id) => portOffsets.map((offset) => offset + id - 1)).slice(1))

let dataDir = ''
let port = 0
let dev: SamsaProcess
let returned: SamsaProcess | undefined

const configOf = (id: number) => join(dataDir, `node-${id}`, 'server.properties')
const pidFileOf = (id: number) => join(dataDir, `node-${id}`, 'pid')
const pidOf = (id: number) => Number(readFileSync(pidFileOf(id), 'utf8'))

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'samsa-dev-cluster-'))
  port = await choosePort()
  const args = ['--nodes', '3', '--port', String(port), '--data-dir', dataDir]
  dev = SamsaProcess.fromSource('dev', ...args)
  await dev.ready()
}, 60_000)

afterAll(async () => {
  await returned?.stop('SIGKILL')
  await dev.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

async function samsa(...args: string[]): Promise<string> {
  const bootstrap = ids.map((id) => `127.0.0.1:${port + id - 1}`).join(',')
  const { code, stdout, stderr } = await runSamsa([...args, '--bootstrap-server', bootstrap])
  expect(`${code} ${stderr}`).toBe('0 ')
  return stdout
}

async function json<T>(...args: string[]): Promise<T> {
  return JSON.parse(await samsa(...args, '--json')) as T
}

/** Commands that say on stderr how far they are. */
async function moves(...args: string[]): Promise<void> {
  const { code, stderr } = await runSamsa([...args, '--bootstrap-server', `127.0.0.1:${port}`])
  if (code !== 0) throw new Error(stderr)
}

async function produce(topic: string, input: string): Promise<void> {
  const args = ['produce', '--topic', topic, '--key-separator', ':', '--quiet']
  const bootstrap = ['--bootstrap-server', `127.0.0.1:${port}`]
  const { code, stderr } = await runSamsa([...args, ...bootstrap], { input })
  if (code !== 0) throw new Error(stderr)
}

interface Described {
  readonly leader: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

async function describeTopic(topic: string): Promise<readonly Described[]> {
  const [described] = await json<{ partitions: Described[] }[]>('topic', 'describe', topic)
  return described?.partitions ?? []
}

interface Plan {
  readonly moves: readonly unknown[]
  readonly brokers: readonly { readonly after: { readonly replicas: number } }[]
}
interface Status {
  readonly controller: { readonly id: number }
  readonly nodes: readonly { readonly id: number; readonly state: string }[]
}
interface Quorum {
  readonly leaderId: number
  readonly members: readonly { readonly id: number; readonly isVoter: boolean }[]
}

const statesOf = async () => (await json<Status>('cluster', 'status')).nodes.map((n) => n.state)

describe('samsa dev --nodes 3', () => {
  it('says one line when all serve, and passes on what the nodes say', async () => {
    const addresses = ids.map((id) => `127.0.0.1:${port + id - 1}`).join(',')
    expect(dev.stdout).toMatch(new RegExp(`^samsa ready: 3 nodes at ${addresses}, in .* s\n$`))
    for (const id of ids) {
      expect(dev.stderr).toMatch(new RegExp(`^node-${id} \\| samsa ready: node ${id} at `, 'm'))
      const ready = await fetch(`http://127.0.0.1:${port + 20_000 + id - 1}/readyz`)
      expect(ready.status).toBe(200)
    }
  })

  it('runs a process for each node, with its pid and configuration beside its data', () => {
    for (const id of ids) {
      expect(() => process.kill(pidOf(id), 0)).not.toThrow()
      expect(readFileSync(configOf(id), 'utf8')).toContain(`node.id=${id}\n`)
    }
    expect(new Set([dev.child.pid, ...ids.map(pidOf)]).size).toBe(4)
  })

  it('is one cluster of three brokers and three controllers', async () => {
    expect(await json('cluster', 'status')).toMatchObject({
      nodes: ids.map((id) => ({ id, roles: ['broker', 'controller'], state: 'up' })),
    })
    const { members } = await json<Quorum>('quorum', 'status')
    expect(members.filter(({ isVoter }) => isVoter).map(({ id }) => id)).toEqual(ids)
  })

  it('hands the lead of the controllers on when it is told to', async () => {
    const { leaderId } = await json<Quorum>('quorum', 'status')
    const next = ids.find((id) => id !== leaderId) ?? 0
    await samsa('quorum', 'transfer', String(next))
    expect(await json('quorum', 'status')).toMatchObject({ leaderId: next })
  })

  it('has a controller removed that leads, shows it as an observer, and adds it again', async () => {
    const { leaderId } = await json<Quorum>('quorum', 'status')
    const leader = String(leaderId)
    await samsa('quorum', 'remove', leader)
    const without = await json<Quorum>('quorum', 'status')
    expect(without.leaderId).not.toBe(leaderId)
    const observers = without.members.filter(({ isVoter }) => !isVoter)
    expect(observers.map(({ id }) => id)).toEqual([leaderId])
    expect(await samsa('quorum', 'status')).toMatch(new RegExp(`^ *${leader} +observer `, 'm'))
    expect(await samsa('quorum', 'add', leader)).toContain(`node ${leader} is a voter`)
    const { members } = await json<Quorum>('quorum', 'status')
    expect(members.filter(({ isVoter }) => isVoter).map(({ id }) => id)).toEqual(ids)
  })

  it('spreads partitions evenly, moves them and takes moves back', async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `${index % 997}:${index}\n`).join('')
    await samsa('topic', 'create', 'moved', '--replica-assignment', '1:2,1:2,1:2,1:2,1:2,1:2')
    await produce('moved', lines)
    const plan = await json<Plan>('partition', 'rebalance')
    expect(plan.brokers.map(({ after }) => after.replicas)).toEqual([4, 4, 4])
    expect(await describeTopic('moved')).toMatchObject(
      Array.from({ length: 6 }, () => ({ replicas: [1, 2] })),
    )

    await moves('partition', 'rebalance', '--execute')
    const spread = await describeTopic('moved')
    for (const id of ids) {
      expect(spread.filter(({ replicas }) => replicas.includes(id))).toHaveLength(4)
      expect(spread.filter(({ leader }) => leader === id)).toHaveLength(2)
    }
    expect((await json<Plan>('partition', 'rebalance')).moves).toEqual([])

    // At 1 kB a second they would take a minute.
    const slowly = ['--throttle', '1kB', '--execute', '--no-wait']
    await moves('partition', 'reassign', 'moved', '--brokers', '1,3', ...slowly)
    expect(await json('partition', 'reassign', '--status')).not.toEqual([])
    expect(await json('config', 'get', '--topic', 'moved')).toContainEqual(
      expect.objectContaining({ name: 'follower.replication.throttled.replicas' }),
    )
    await samsa('partition', 'reassign', 'moved', '--cancel')
    expect(await json('partition', 'reassign', '--status')).toEqual([])
    const configs = await json<{ name: string }[]>('config', 'get', '--topic', 'moved')
    expect(configs.filter(({ name }) => name.includes('throttled'))).toEqual([])

    await moves('partition', 'reassign', 'moved', '--replication-factor', '3', '--execute')
    for (const { replicas, isr, leader } of await describeTopic('moved')) {
      expect(replicas[0]).toBe(leader)
      expect([...isr].sort((a, b) => a - b)).toEqual(ids)
    }
    const consume = ['consume', '--topic', 'moved', '--from', 'beginning', '--until-end', '--quiet']
    const read = (await samsa(...consume)).trimEnd().split('\n').map(Number)
    expect(read.sort((a, b) => a - b)).toEqual(Array.from({ length: 20_000 }, (_, index) => index))
  })

  it("changes another broker's settings, and those of all", async () => {
    await samsa('config', 'set', '--broker', '2', 'log.cleaner.threads=2')
    await samsa('config', 'set', '--all-brokers', 'log.cleaner.threads=3')
    const threads = async (id: number) =>
      (await json<{ value: string }[]>('config', 'get', '--broker', String(id), '--all', name))[0]
    const name = 'log.cleaner.threads'
    await expect
      .poll(async () => await Promise.all(ids.map(threads)), { timeout: waitTimeoutMs })
      .toMatchObject([{ value: '3' }, { value: '2' }, { value: '3' }])
  })

  it('goes on when a node is killed, and takes it back by samsa node', async () => {
    const victim = pidOf(2)
    process.kill(victim, 'SIGKILL')
    const told = () => /^samsa: node 2 has stopped, killed by SIGKILL; .*--config/m.test(dev.stderr)
    await waitFor(told, { what: 'word of the death', timeoutMs: waitTimeoutMs })
    expect(dev.child.exitCode).toBeNull()
    await expect.poll(statesOf, { timeout: waitTimeoutMs }).toEqual(['up', 'fenced', 'up'])
    const bootstrap = ['--bootstrap-server', `127.0.0.1:${port}`]
    const check = await runSamsa(['cluster', 'status', '--check', ...bootstrap])
    expect(check.code).toBe(1)
    expect(check.stderr).toContain('broker 2 is fenced')

    returned = SamsaProcess.fromSource('node', '--config', configOf(2))
    await returned.ready()
    expect(pidOf(2)).toBe(returned.child.pid)
    await expect.poll(statesOf, { timeout: waitTimeoutMs }).toEqual(['up', 'up', 'up'])
  })

  it('stops its nodes in order on SIGTERM, and nobody else', async () => {
    expect(await dev.stop('SIGTERM')).toBe(0)
    expect(ids.map((id) => existsSync(pidFileOf(id)))).toEqual([false, true, false])
    expect(dev.stderr).toMatch(/^node-1 \| .*"msg":"stopped"/m)
    expect(dev.stderr).toMatch(/^node-3 \| .*"msg":"stopped"/m)
    expect(returned?.child.exitCode).toBeNull()
  })
})

// A cluster or two are started in each, on a machine that may be busy.
describe('samsa dev', { timeout: 90_000 }, () => {
  it('starts no fewer nodes than a directory holds', async () => {
    const args = ['--port', String(port), '--data-dir', dataDir]
    const { code, stderr } = await runSamsa(['dev', '--nodes', '2', ...args])
    expect(code).toBe(2)
    expect(stderr).toContain('holds 3 nodes: start it with --nodes 3')
  })

  it('grows a directory of one node to three, with all that it held', async () => {
    const first = await choosePort()
    const grownDir = mkdtempSync(join(tmpdir(), 'samsa-dev-grown-'))
    const args = ['--port', String(first), '--data-dir', grownDir]
    const bootstrap = ['--bootstrap-server', `127.0.0.1:${first}`]
    const one = SamsaProcess.fromSource('dev', ...args)
    await one.ready()
    const topic = ['--topic', 'held', '--quiet', ...bootstrap]
    expect((await runSamsa(['produce', ...topic], { input: 'a\nb\n' })).code).toBe(0)
    expect(await one.stop()).toBe(0)

    const three = SamsaProcess.fromSource('dev', '--nodes', '3', ...args)
    await three.ready()
    const read = await runSamsa(['consume', ...topic, '--from', 'beginning', '--until-end'])
    expect(read.stdout).toBe('a\nb\n')
    const votersNow = async () => {
      const { stdout } = await runSamsa(['quorum', 'status', '--json', ...bootstrap])
      const { members } = JSON.parse(stdout) as Quorum
      return members.filter(({ isVoter }) => isVoter).map(({ id }) => id)
    }
    await expect.poll(votersNow, { timeout: waitTimeoutMs }).toEqual(ids)
    expect(await three.stop()).toBe(0)
    rmSync(grownDir, { recursive: true })
  })

  it('stops all nodes and tells why when one of them does not start', async () => {
    const taken = await choosePort()
    const blocker = await listenAt(taken + 1)
    const otherDir = mkdtempSync(join(tmpdir(), 'samsa-dev-blocked-'))
    const args = ['--nodes', '3', '--port', String(taken), '--data-dir', otherDir]
    const blocked = SamsaProcess.fromSource('dev', ...args)
    expect(await blocked.ended).toBe(1)
    const why = `samsa: node 2 did not start, exit code 1: 127.0.0.1:${taken + 1} is in use already`
    expect(blocked.stderr).toContain(why)
    expect(ids.map((id) => existsSync(join(otherDir, `node-${id}`, 'pid')))).not.toContain(true)
    blocker.close()
    rmSync(otherDir, { recursive: true })
  })
})

function listenAt(at: number): Promise<Server> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(at, '127.0.0.1', () => resolve(server))
  })
}
