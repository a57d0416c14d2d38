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

describe('samsa dev', () => {
  it('starts no fewer nodes than a directory holds', async () => {
    const args = ['--port', String(port), '--data-dir', dataDir]
    const { code, stderr } = await runSamsa(['dev', '--nodes', '2', ...args])
    expect(code).toBe(2)
    expect(stderr).toContain('holds 3 nodes: start it with --nodes 3')
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
