// The `samsa` commands against a node of Samsa, as processes of their own where that is what
// counts: records in and out byte for byte, groups, configs, and the contracts of dev and node.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CliOptions, runSamsa } from '../../support/cli/run-cli.ts'
import { SamsaProcess } from '../../support/cli/samsa-process.ts'
import { freePort } from '../../support/conformance/ports.ts'

let dataDir = ''
let port = 0
let node: SamsaProcess | undefined

const nodeDir = () => join(dataDir, 'node-1')
const devArgs = () => ['dev', '--port', String(port), '--data-dir', dataDir]

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'samsa-cli-'))
  port = await freePort([10_000, 20_000])
  node = SamsaProcess.fromSource(...devArgs())
  await node.ready()
})

afterAll(async () => {
  await node?.stop('SIGKILL')
  rmSync(dataDir, { recursive: true, force: true })
})

/** Runs a command against the node and expects it to succeed. */
async function samsa(args: readonly string[], options: CliOptions = {}) {
  const result = await runSamsa([...args, '--bootstrap-server', `127.0.0.1:${port}`], options)
  expect(result.stderr).not.toMatch(/^samsa: /m)
  expect(result.code).toBe(0)
  return result
}

async function json(args: readonly string[], options: CliOptions = {}): Promise<unknown> {
  const { stdout } = await samsa([...args, '--json'], options)
  return JSON.parse(stdout)
}

/** Runs a command against the node and expects it to fail with one line. */
async function failing(args: readonly string[]): Promise<string> {
  const result = await runSamsa([...args, '--bootstrap-server', `127.0.0.1:${port}`])
  expect(result.code).toBe(1)
  return result.stderr
}

const readAll = (topic: string, ...more: string[]) =>
  samsa(['consume', '--topic', topic, '--from', 'beginning', '--until-end', '--quiet', ...more])

describe('records', () => {
  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'go in and come out byte for byte, a partition at a time, with %s',
    async (compression) => {
      const topic = `stanzas-${compression}`
      await samsa(['topic', 'create', topic, '--partitions', '3'])
      const stanzas = Array.from({ length: 500 }, (_, index) => {
        const name = `package-${index % 50}`
        return `Package: ${name}\nDescription: ${'x'.repeat(index % 97)} ü\n more ${index}\n\n`
      })
      const options = ['--delimiter', '\\n\\n', '--quiet', '--topic', topic]
      const keyed = [...options, '--key-pattern', '^Package: (.+)$', '--compression', compression]
      await samsa(['produce', ...keyed], { input: stanzas.join('') })

      const read: string[] = []
      for (const partition of ['0', '1', '2']) {
        const { stdout } = await readAll(topic, '--partitions', partition, '--delimiter', '\\n\\n')
        read.push(
          ...stdout
            .split('\n\n')
            .slice(0, -1)
            .map((stanza) => `${stanza}\n\n`),
        )
      }
      expect([...read].sort()).toEqual([...stanzas].sort())
      // In the order in which they came, key by key.
      for (const name of ['package-7', 'package-49']) {
        const ofName = (list: readonly string[]) =>
          list.filter((stanza) => stanza.startsWith(`Package: ${name}\n`))
        expect(ofName(read)).toEqual(ofName(stanzas))
      }
    },
  )

  it.each(['json', 'length-prefixed'])(
    'keep null, empty and binary parts in the form %s',
    async (format) => {
      const source = `forms-${format}`
      const copy = `copy-${format}`
      const lines = [
        { key: 'k', value: 'v', headers: [{ key: 'h', valueBase64: '/w==' }] },
        { key: null, value: '' },
        { keyBase64: 'AP8=', value: null },
      ]
      const input = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
      await samsa(['produce', '--topic', source, '--format', 'json', '--partition', '0'], { input })
      const form = ['--format', format, '--headers']
      const { bytes } = await readAll(source, ...form)
      await samsa(['produce', '--topic', copy, ...form, '--partition', '0'], { input: bytes })
      const parts = (text: string) =>
        text
          .trimEnd()
          .split('\n')
          .map((line) => ({ ...(JSON.parse(line) as object), topic: '', timestamp: 0 }))
      const [first, second] = [await readAll(source, '--json'), await readAll(copy, '--json')]
      expect(parts(second.stdout)).toEqual(parts(first.stdout))
      expect(parts(first.stdout)).toMatchObject([
        { key: 'k', value: 'v', headers: [{ key: 'h', valueBase64: '/w==' }] },
        { key: null, value: '' },
        { keyBase64: 'AP8=', value: null },
      ])
    },
  )

  it('are found by offset, by distance from the end and by time', async () => {
    const input = [1_000, 2_000, 3_000]
      .map((timestamp) => `${JSON.stringify({ value: `at ${timestamp}`, timestamp })}\n`)
      .join('')
    await samsa(
      ['topic', 'create', 'times', '--config', 'message.timestamp.before.max.ms=-1'].slice(0, 3),
    )
    await samsa(['produce', '--topic', 'times', '--format', 'json'], { input })
    const from = async (where: string) =>
      (await samsa(['consume', '--topic', 'times', `--from=${where}`, '--until-end'])).stdout
    expect(await from('1')).toBe('at 2000\nat 3000\n')
    expect(await from('-1')).toBe('at 3000\n')
    expect(await from('1970-01-01T00:00:02.000Z')).toBe('at 2000\nat 3000\n')
    expect(await from('end')).toBe('')
  })

  it('that are too large for the topic are refused with what to do', async () => {
    await samsa(['topic', 'create', 'small', '--config', 'max.message.bytes=1000'])
    const args = ['produce', '--topic', 'small', '--bootstrap-server', `127.0.0.1:${port}`]
    const { code, stderr } = await runSamsa(args, { input: 'x'.repeat(2_000) })
    expect(code).toBe(1)
    expect(stderr).toContain('MESSAGE_TOO_LARGE')
    expect(stderr).toContain('max.message.bytes')
    const fits = Array.from({ length: 100 }, (_, index) => `record ${index}\n`).join('')
    await samsa(['produce', '--topic', 'small'], { input: fits })
    expect((await readAll('small')).stdout).toBe(fits)
  })
})

describe('topics and configs', () => {
  it('are made, shown, changed and deleted', async () => {
    await samsa(['topic', 'create', 'life', '--partitions', '2', '--config', 'retention.ms=5000'])
    expect(await failing(['topic', 'create', 'life'])).toContain('--if-not-exists')
    await samsa(['topic', 'create', 'life', '--if-not-exists'])
    expect((await samsa(['topic', 'list'])).stdout.split('\n')).toContain('life')
    await samsa(['topic', 'alter', 'life', '--partitions', '4', '--delete-config', 'retention.ms'])
    expect(await json(['topic', 'describe', 'life'])).toMatchObject([
      {
        name: 'life',
        configs: {},
        partitions: [0, 1, 2, 3].map((index) => ({ index, leader: 1, logEndOffset: 0 })),
      },
    ])
    await samsa(['topic', 'delete', 'life'])
    expect(await failing(['topic', 'describe', 'life'])).toContain('UNKNOWN_TOPIC_OR_PARTITION')
    await samsa(['topic', 'delete', 'life', '--if-exists'])
  })

  it('are read and set one by one', async () => {
    await samsa(['topic', 'create', 'settings'])
    await samsa(['config', 'set', '--topic', 'settings', 'retention.ms=7000'])
    expect(await json(['config', 'get', '--topic', 'settings'])).toMatchObject([
      { name: 'retention.ms', value: '7000', source: 'topic' },
    ])
    expect(await failing(['config', 'set', '--topic', 'settings', 'retention.ms=x'])).toContain(
      'INVALID_CONFIG',
    )
    await samsa(['config', 'set', '--topic', 'settings', '--delete', 'retention.ms'])
    expect(await json(['config', 'get', '--topic', 'settings'])).toEqual([])
    const all = await json(['config', 'get', '--broker', '1', '--all', 'num.partitions'])
    expect(all).toMatchObject([{ name: 'num.partitions', value: '1', isDefault: true }])
  })
})

describe('groups', () => {
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => `${from + index}`)
  const asInput = (list: readonly string[]) => list.map((one) => `${one}:${one}\n`).join('')

  it('share a topic between their members, each record once, and go on where they left off', async () => {
    await samsa(['topic', 'create', 'work', '--partitions', '4'])
    const produce = ['produce', '--topic', 'work', '--key-separator', ':']
    await samsa(produce, { input: asInput(numbers(0, 1_000)) })
    const consume = ['consume', '--topic', 'work', '--group', 'workers', '--from', 'beginning']

    const stops = [new AbortController(), new AbortController()]
    const members = stops.map(({ signal }) => samsa(consume, { signal }))
    await expect
      .poll(() => describeGroup('workers'), { timeout: 15_000 })
      .toMatchObject({ state: 'Stable', members: [{}, {}] })
    await samsa(produce, { input: asInput(numbers(1_000, 1_500)) })
    for (const stop of stops) {
      await expect.poll(() => lagOf('workers'), { timeout: 15_000 }).toBe(0)
      stop.abort()
    }
    const outputs = await Promise.all(members)
    const read = outputs.flatMap(({ stdout }) => stdout.trimEnd().split('\n'))
    expect([...read].sort()).toEqual(numbers(0, 1_500).sort())

    await samsa(produce, { input: asInput(numbers(1_500, 1_510)) })
    const rest = await samsa([...consume, '--until-end'])
    expect(rest.stdout.trimEnd().split('\n').sort()).toEqual(numbers(1_500, 1_510).sort())
  })

  it('are listed, reset and deleted when they have no members', async () => {
    await samsa(['topic', 'create', 'backlog'])
    await samsa(['produce', '--topic', 'backlog'], { input: 'a\nb\nc\n' })
    const consume = ['consume', '--topic', 'backlog', '--group', 'readers', '--from', 'beginning']
    await samsa([...consume, '--max-messages', '2'])
    expect(await json(['group', 'list'])).toContainEqual(
      expect.objectContaining({ groupId: 'readers', state: 'Empty' }),
    )
    const reset = ['group', 'reset', 'readers', '--topic', 'backlog']
    expect(await json([...reset, '--to=-1', '--dry-run'])).toMatchObject([{ from: 2, to: 1 }])
    expect(await json([...reset, '--to', 'earliest'])).toMatchObject([{ from: 2, to: 0 }])
    expect((await samsa([...consume, '--until-end'])).stdout).toBe('a\nb\nc\n')
    await samsa(['group', 'delete', 'readers'])
    expect(await failing(['group', 'describe', 'readers'])).toContain('GROUP_ID_NOT_FOUND')
  })

  it('have configs of their own, and forget the offsets of one topic', async () => {
    for (const topic of ['kept', 'forgotten']) {
      await samsa(['topic', 'create', topic])
      await samsa(['produce', '--topic', topic], { input: 'a\n' })
      const read = ['consume', '--topic', topic, '--group', 'forgetful', '--from', 'beginning']
      await samsa([...read, '--max-messages', '1'])
    }
    const alter = ['group', 'alter', 'forgetful']
    await samsa([...alter, '--config', 'consumer.session.timeout.ms=50000'])
    const refused = await failing([...alter, '--config', 'consumer.session.timeout.ms=1'])
    expect(refused).toContain('group.consumer.min.session.timeout.ms')
    await samsa(['group', 'delete', 'forgetful', '--topic', 'forgotten'])
    expect(await json(['group', 'describe', 'forgetful'])).toMatchObject([
      {
        partitions: [{ topic: 'kept', committedOffset: 1 }],
        configs: { 'consumer.session.timeout.ms': '50000' },
      },
    ])
    await samsa([...alter, '--delete-config', 'consumer.session.timeout.ms'])
    expect(await json(['group', 'describe', 'forgetful'])).toMatchObject([{ configs: {} }])
    const again = ['group', 'delete', 'forgetful', '--topic', 'forgotten']
    expect(await failing(again)).toContain('has no offsets of forgotten')
  })

  it('are not reset while they have members', async () => {
    const stop = new AbortController()
    await samsa(['topic', 'create', 'busy'])
    const consume = ['consume', '--topic', 'busy', '--group', 'busy-group']
    const member = samsa(consume, { signal: stop.signal })
    await expect
      .poll(() => describeGroup('busy-group'), { timeout: 15_000 })
      .toMatchObject({ state: 'Stable' })
    const reset = ['group', 'reset', 'busy-group', '--topic', 'busy', '--to', 'earliest']
    expect(await failing(reset)).toContain('with 1 member(s): stop them first')
    expect(await failing(['group', 'delete', 'busy-group'])).toContain('NON_EMPTY_GROUP')
    stop.abort()
    await member
  })

  interface Described {
    readonly partitions: readonly { readonly lag: number | null }[]
  }

  async function describeGroup(name: string): Promise<Described | undefined> {
    const args = ['group', 'describe', name, '--json', '--bootstrap-server', `127.0.0.1:${port}`]
    const { code, stdout } = await runSamsa(args)
    return code === 0 ? (JSON.parse(stdout) as Described[])[0] : undefined
  }

  async function lagOf(name: string): Promise<number> {
    const described = await describeGroup(name)
    return (described?.partitions ?? [{ lag: 1 }]).reduce((sum, { lag }) => sum + (lag ?? 1), 0)
  }
})

describe('dev and node', () => {
  it('keep the pid and the configuration in the directory of the node', async () => {
    expect(readFileSync(join(nodeDir(), 'pid'), 'utf8')).toBe(`${node?.child.pid}\n`)
    expect(node?.stdout).toMatch(
      new RegExp(`^samsa ready: node 1 at PLAINTEXT://127.0.0.1:${port}`),
    )
    const ready = await fetch(`http://127.0.0.1:${port + 20_000}/readyz`)
    expect(ready.status).toBe(200)
  })

  it('refuse to run one node twice', async () => {
    const second = SamsaProcess.fromSource(...devArgs())
    expect(await second.ended).toBe(1)
    expect(second.stderr).toContain(`running already, as process ${node?.child.pid}`)
  })

  it('refuse ports that are taken, in one line', async () => {
    const other = mkdtempSync(join(tmpdir(), 'samsa-cli-'))
    const second = SamsaProcess.fromSource('dev', '--port', String(port), '--data-dir', other)
    expect(await second.ended).toBe(1)
    // The log may have told of the controller's start before.
    const said = second.stderr.split('\n').filter((line) => !line.startsWith('{'))
    expect(said.join('\n')).toMatch(
      /^samsa: 127\.0\.0\.1:\d+ is in use already; stop what listens there, or choose another port\n$/,
    )
    rmSync(other, { recursive: true })
  })

  it('refuse a configuration that they do not know, and name the nearest key', async () => {
    const config = join(nodeDir(), 'server.properties')
    const second = SamsaProcess.fromSource(
      'node',
      '--config',
      config,
      '--override',
      'num.partition=3',
    )
    expect(await second.ended).toBe(2)
    expect(second.stderr).toContain('the nearest one is num.partitions')
  })

  it('come back after kill -9 with all that was acknowledged, by samsa node', async () => {
    await samsa(['produce', '--topic', 'survivors'], { input: 'a\nb\nc\n' })
    expect(await node?.stop('SIGKILL')).toBeNull()
    expect(existsSync(join(nodeDir(), 'pid'))).toBe(true)
    node = SamsaProcess.fromSource('node', '--config', join(nodeDir(), 'server.properties'))
    await node.ready()
    expect(readFileSync(join(nodeDir(), 'pid'), 'utf8')).toBe(`${node.child.pid}\n`)
    expect((await readAll('survivors')).stdout).toBe('a\nb\nc\n')
  })

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'stop in order on %s, and start again',
    async (signal) => {
      expect(await node?.stop(signal)).toBe(0)
      expect(existsSync(join(nodeDir(), 'pid'))).toBe(false)
      node = SamsaProcess.fromSource(...devArgs())
      await node.ready()
      expect((await readAll('survivors')).stdout).toBe('a\nb\nc\n')
    },
  )
})
