// `samsa user`, `samsa acl` and `samsa quota` against a node with an authorizer.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, type Readable } from 'node:stream'
import { readSecret, secretOf } from '@samsa/cli/command/secret'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CliOptions, runSamsa } from '../../support/cli/run-cli.ts'
import { startTestNode, type TestNode } from '../../support/node.ts'

let node: TestNode
let folder = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'samsa-secrets-'))
  node = await startTestNode([
    'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users=User:ANONYMOUS',
  ])
})
afterAll(async () => {
  await node?.close()
  rmSync(folder, { recursive: true, force: true })
})

const run = (args: readonly string[], options: CliOptions = {}) =>
  runSamsa([...args, '--bootstrap-server', `127.0.0.1:${node.port}`], options)

async function samsa(args: readonly string[], options: CliOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(args, options)
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return stdout
}

async function json(...args: string[]): Promise<unknown> {
  return JSON.parse(await samsa([...args, '--json']))
}

async function failing(...args: string[]): Promise<string> {
  const { code, stderr } = await run(args)
  expect(code).toBeGreaterThan(0)
  return stderr
}

describe('samsa user', () => {
  it('adds, lists and removes users, their passwords from a file or standard input', async () => {
    const file = join(folder, 'alice')
    writeFileSync(file, 'wonderland\nsecond line\n')
    const added = await samsa(['user', 'add', 'alice', '--password-file', file])
    expect(added).toBe('user alice can log in by SCRAM-SHA-512\n')
    const more = ['--mechanism', 'SCRAM-SHA-256', '--iterations', '4096']
    await samsa(['user', 'add', 'alice', ...more], { input: 'looking-glass\n' })
    await samsa(['user', 'add', 'bob'], { input: 'builder' })
    expect(await json('user', 'list')).toEqual([
      {
        name: 'alice',
        credentials: [
          { mechanism: 'SCRAM-SHA-256', iterations: 4096 },
          { mechanism: 'SCRAM-SHA-512', iterations: 8192 },
        ],
      },
      { name: 'bob', credentials: [{ mechanism: 'SCRAM-SHA-512', iterations: 8192 }] },
    ])
    await samsa(['user', 'remove', 'alice', '--mechanism', 'SCRAM-SHA-256'])
    expect(await samsa(['user', 'list'])).toMatch(
      /^USER +MECHANISM +ITERATIONS\nalice +SCRAM-SHA-512/,
    )
    expect(await samsa(['user', 'remove', 'alice', 'bob'])).toBe(
      'user alice: SCRAM-SHA-512 removed\nuser bob: SCRAM-SHA-512 removed\n',
    )
    expect(await json('user', 'list')).toEqual([])
    expect(await failing('user', 'remove', 'alice')).toContain('has no SCRAM password')
  })

  it('takes no password as an argument, and no empty one', async () => {
    expect(await failing('user', 'add', 'alice', 'secret')).toContain(
      "unexpected argument 'secret'",
    )
    expect(await failing('user', 'add', 'alice', '--password', 'secret')).toContain(
      'unknown option --password',
    )
    expect(await failing('user', 'add', 'alice')).toContain('holds no password')
    expect(
      await failing('user', 'add', 'alice', '--password-file', join(folder, 'none')),
    ).toContain('cannot be read')
    expect(() => secretOf('x'.repeat(5000), 'it')).toThrow('longer than')
  })

  it('asks a person twice, without showing what is typed', async () => {
    const ask = async (...typed: string[]) => {
      const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} })
      const stderr = new PassThrough()
      const signal = new AbortController().signal
      const io = { stdin: stdin as Readable, stdout: new PassThrough(), stderr, signal }
      const asked = readSecret({ ...io, stderrIsTerminal: true }, 'Password').catch(
        (error: Error) => error.message,
      )
      for (const text of typed) {
        stdin.write(text)
        await new Promise((resolve) => setImmediate(resolve))
      }
      const secret = await asked
      return { secret, shown: String(stderr.read()) }
    }
    expect(await ask('hux\u007Fnter\r', 'hunter\r')).toEqual({
      secret: 'hunter',
      shown: 'Password: \nPassword again: \n',
    })
    expect((await ask('one\r', 'two\r')).secret).toBe('the two passwords are not the same')
    expect((await ask('one\u0003')).secret).toBe('no password was given')
  })
})

describe('samsa acl', () => {
  const acl = (over: object) => ({
    resourceType: 'topic',
    resourceName: 'orders',
    patternType: 'literal',
    principal: 'User:alice',
    host: '*',
    operation: 'Read',
    permission: 'allow',
    ...over,
  })

  it('adds, lists and removes entries', async () => {
    const of = ['--principal', 'User:alice']
    const operations = ['--operation', 'Read', '--operation', 'describe-configs']
    expect(await samsa(['acl', 'add', ...of, '--topic', 'orders', ...operations])).toBe(
      'added: User:alice allow Read topic orders from *\n' +
        'added: User:alice allow DescribeConfigs topic orders from *\n',
    )
    const denied = ['--deny', '--host', '10.0.0.1', '--operation', 'All']
    await samsa(['acl', 'add', ...of, '--group', 'bill', '--prefixed', ...denied])
    await samsa(['acl', 'add', '--principal', 'User:*', '--on-cluster', '--operation', 'Describe'])
    const denial = { resourceType: 'group', resourceName: 'bill', patternType: 'prefixed' }
    expect(await json('acl', 'list', ...of)).toEqual([
      acl({ operation: 'DescribeConfigs' }),
      acl({}),
      acl({ ...denial, host: '10.0.0.1', operation: 'All', permission: 'deny' }),
    ])
    expect(await json('acl', 'list', '--topic', 'orders', '--operation', 'read')).toEqual([acl({})])
    expect(await samsa(['acl', 'list', '--on-cluster'])).toMatch(/User:\* .* kafka-cluster/)
    expect(await samsa(['acl', 'remove', ...of, '--topic', 'orders', '--operation', 'Read'])).toBe(
      'removed: User:alice allow Read topic orders from *\n',
    )
    expect(await failing('acl', 'remove', '--topic', 'none')).toContain('there is no such entry')
    await samsa(['acl', 'remove', '--all'])
    expect(await json('acl', 'list')).toEqual([])
  })

  it('refuses what says too little, or too much', async () => {
    expect(await failing('acl', 'add', '--topic', 'a', '--operation', 'Read')).toContain(
      'give --principal',
    )
    const add = (...args: string[]) => failing('acl', 'add', '--principal', 'User:a', ...args)
    expect(await add('--topic', 'a')).toContain('give an --operation')
    expect(await add('--topic', 'a', '--group', 'b', '--operation', 'Read')).toContain(
      'give one of',
    )
    expect(await add('--topic', 'a', '--operation', 'Reed')).toContain(
      "'Reed' is none of All, Read",
    )
    expect(await add('--on-cluster', '--prefixed', '--operation', 'All')).toContain('--prefixed is')
    // Not an operation on topics: the cluster says so.
    expect(await add('--topic', 'a', '--operation', 'ClusterAction')).toContain('Invalid operation')
    expect(await failing('acl', 'remove')).toContain('--all')
    expect(await failing('acl', 'remove', '--all', '--topic', 'a')).toContain('--all')
  })
})

describe('samsa quota', () => {
  it('sets, lists and removes quotas of users, clients, both, addresses and defaults', async () => {
    const user = ['--user', 'alice']
    expect(
      await samsa(['quota', 'set', ...user, 'producer_byte_rate=1MB', 'request_percentage=12.5']),
    ).toBe('quotas of user alice set\n')
    await samsa(['quota', 'set', ...user, '--default-client-id', 'consumer_byte_rate=2048'])
    await samsa(['quota', 'set', '--default-ip', 'connection_creation_rate=1000'])
    const ofUser = { producer_byte_rate: 1_000_000, request_percentage: 12.5 }
    const entity = { type: 'user', name: 'alice' }
    expect(await json('quota', 'list', ...user, '--strict')).toEqual([
      { entity: [entity], values: ofUser },
    ])
    expect(await json('quota', 'list', ...user)).toHaveLength(2)
    const rows = (await samsa(['quota', 'list'])).trimEnd().split('\n')
    expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
      ['OF', 'QUOTA', 'VALUE'],
      ['default ip', 'connection_creation_rate', '1000'],
      ['user alice', 'producer_byte_rate', '1000000'],
      ['user alice', 'request_percentage', '12.5'],
      ['user alice, default client-id', 'consumer_byte_rate', '2048'],
    ])
    await samsa(['quota', 'remove', ...user, 'request_percentage'])
    await samsa(['quota', 'remove', ...user])
    expect(await json('quota', 'list', ...user)).toHaveLength(1)
    expect(await failing('quota', 'remove', ...user)).toContain('user alice has no quota')
    expect(
      await failing('quota', 'remove', ...user, '--default-client-id', 'request_percentage'),
    ).toContain('has no quota request_percentage')
  })

  it('refuses what makes no sense', async () => {
    const set = (...args: string[]) => failing('quota', 'set', ...args)
    expect(await set('producer_byte_rate=1')).toContain('give --user')
    expect(await set('--user', 'a', '--default-user', 'producer_byte_rate=1')).toContain('exclude')
    expect(await set('--user', 'a', '--ip', '::1', 'producer_byte_rate=1')).toContain('stand alone')
    expect(await set('--user', 'a', 'request_percentage=much')).toContain('is not a number')
    expect(await set('--user', 'a', 'shoe_size=44')).toContain(
      'Invalid configuration key shoe_size',
    )
  })
})
