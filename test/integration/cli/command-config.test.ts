// `--command-config`: commands over TLS with SCRAM, PLAIN and certificates, and what is said where
// they cannot connect. No secret is in an argument or in what is printed.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CliOptions, runSamsa } from '../../support/cli/run-cli.ts'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { certificatePath } from '../../support/tls/certificates.ts'

const plainModule = 'org.apache.kafka.common.security.plain.PlainLoginModule'
const scramModule = 'org.apache.kafka.common.security.scram.ScramLoginModule'
let node: TestNode
let folder = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'samsa-command-config-'))
  node = await startTestNode([
    'listeners=PLAINTEXT://127.0.0.1:0,SASL_SSL://127.0.0.1:0,MTLS://127.0.0.1:0,' +
      'OTHER://127.0.0.2:0',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,MTLS:SSL,OTHER:SSL',
    'ssl.keystore.type=PEM',
    `ssl.keystore.location=${certificatePath('server')}`,
    'ssl.truststore.type=PEM',
    `ssl.truststore.location=${certificatePath('ca')}`,
    'listener.name.mtls.ssl.client.auth=required',
    'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    `listener.name.sasl_ssl.plain.sasl.jaas.config=${plainModule} required user_paul="canary-p";`,
    'connection.failed.authentication.delay.ms=1',
  ])
  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512']) {
    const args = ['user', 'add', 'a=l,ice', '--mechanism', mechanism, '--iterations', '4096']
    const bootstrap = ['--bootstrap-server', `127.0.0.1:${node.port}`]
    const { code } = await runSamsa([...args, ...bootstrap], { input: 'canary-s' })
    expect(code).toBe(0)
  }
})
afterAll(async () => {
  await node?.close()
  rmSync(folder, { recursive: true, force: true })
})

let files = 0

function configFile(lines: readonly string[]): string {
  const path = join(folder, `${files++}.properties`)
  writeFileSync(path, lines.join('\n'))
  return path
}

interface How {
  readonly lines: readonly string[]
  readonly listener?: string
  readonly host?: string
}

function run(args: readonly string[], how: How, options: CliOptions = {}) {
  const { lines, listener = 'SASL_SSL', host = 'localhost' } = how
  const bootstrap = `${host}:${node.portOf(listener)}`
  const shared = ['--bootstrap-server', bootstrap, '--command-config', configFile(lines)]
  return runSamsa([...args, ...shared], options)
}

const trusted = ['ssl.truststore.type=PEM', `ssl.truststore.location=${certificatePath('ca')}`]
const overTls = ['security.protocol=SASL_SSL', ...trusted]
const jaas = (module: string, user: string, password: string) =>
  `sasl.jaas.config=${module} required username="${user}" password="${password}";`

function scram(mechanism: string, password = 'canary-s'): string[] {
  return [...overTls, `sasl.mechanism=${mechanism}`, jaas(scramModule, 'a=l,ice', password)]
}

describe('samsa --command-config', () => {
  it.each<[string, How]>([
    ['scram-256', { lines: scram('SCRAM-SHA-256') }],
    ['scram-512', { lines: scram('SCRAM-SHA-512'), host: '127.0.0.1' }],
    [
      'plain',
      {
        lines: [
          ...overTls,
          'sasl.mechanism=PLAIN',
          'sasl.username=paul',
          'sasl.password=canary-p',
          'acks=all',
        ],
      },
    ],
    [
      'certificate',
      {
        listener: 'MTLS',
        lines: [
          'security.protocol=SSL',
          ...trusted,
          'ssl.keystore.type=PEM',
          `ssl.keystore.location=${certificatePath('alice')}`,
        ],
      },
    ],
  ])('connects by %s: a topic, records in and out', async (topic, how) => {
    const made = await run(['topic', 'create', topic], how)
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect(await run(['produce', '--topic', topic], how, { input: 'one\ntwo\n' })).toMatchObject({
      code: 0,
    })
    const read = await run(
      ['consume', '--topic', topic, '--from-beginning', '--until-end', '--quiet'],
      how,
    )
    expect(read).toMatchObject({ code: 0, stdout: 'one\ntwo\n' })
  })

  it.each<[string, How, RegExp]>([
    ['a wrong password', { lines: scram('SCRAM-SHA-512', 'canary-w') }, /does not let a=l,ice in/],
    [
      'a listener that does not speak TLS',
      { lines: scram('SCRAM-SHA-512'), listener: 'PLAINTEXT' },
      /no TLS/,
    ],
    [
      'an authority that is not trusted',
      { lines: ['security.protocol=SSL'], listener: 'MTLS' },
      /no TLS: .*certificate.*ssl\.truststore\.location/,
    ],
    ['a file without a user', { lines: [...overTls, 'sasl.mechanism=PLAIN'] }, /who logs in/],
    ['no mechanism', { lines: overTls }, /sasl\.mechanism is one of PLAIN/],
    ['another protocol', { lines: ['security.protocol=TLS'] }, /security\.protocol is one of/],
    [
      'a key that would be without effect',
      { lines: ['ssl.protocol=TLSv1'] },
      /ssl\.protocol is not known here/,
    ],
    [
      'a store that cannot be read',
      {
        lines: ['security.protocol=SSL', `ssl.keystore.location=${certificatePath('alice')}`],
      },
      /ssl\.keystore\.type=JKS cannot be read here/,
    ],
  ])('says what is wrong with %s', async (_, how, message) => {
    const { code, stdout, stderr } = await run(['topic', 'list'], how)
    expect(code).toBeGreaterThan(0)
    expect(stderr).toMatch(message)
    expect(stdout + stderr).not.toContain('canary')
  })

  it('holds the broker to its name, unless told otherwise', async () => {
    const how = { lines: ['security.protocol=SSL', ...trusted], listener: 'OTHER' }
    const wrong = await run(['topic', 'list'], { ...how, host: '127.0.0.2' })
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('127.0.0.2 is not in') })
    const lines = [...how.lines, 'ssl.endpoint.identification.algorithm=']
    expect(await run(['topic', 'list'], { ...how, lines, host: '127.0.0.2' })).toMatchObject({
      code: 0,
      stderr: '',
    })
  })

  it('says which file cannot be read', async () => {
    const missing = ['topic', 'list', '--command-config', join(folder, 'none')]
    expect(await runSamsa(missing)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--command-config cannot be read'),
    })
  })
})
