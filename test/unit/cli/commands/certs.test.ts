// `samsa certs`: files that nodes and clients can be given as they are.

import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { nodeIdsOf } from '@samsa/broker/security/tls/node-names'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runSamsa } from '../../../support/cli/run-cli.ts'

const dir = mkdtempSync(join(tmpdir(), 'samsa-certs-'))
const at = (name: string) => join(dir, name)
const certificateIn = (name: string) => new X509Certificate(readFileSync(at(name)))

beforeAll(async () => {
  for (const name of ['nodes', 'clients']) {
    const made = await runSamsa(['certs', 'ca', name, '--dir', dir])
    expect(made).toMatchObject({
      code: 0,
      stdout: `${at(`${name}-ca.pem`)}\n${at(`${name}-ca.key`)}\n`,
    })
  }
})
afterAll(() => rmSync(dir, { recursive: true }))

describe('samsa certs', () => {
  it('makes an authority, whose key only its owner reads', () => {
    expect(certificateIn('nodes-ca.pem').ca).toBe(true)
    expect(statSync(at('nodes-ca.key')).mode & 0o777).toBe(0o600)
  })

  it('makes what a node shows: signed by the authority of nodes, for that node alone', async () => {
    const made = await runSamsa(['certs', 'node', '12', '--dir', dir, '--host', 'n12.example.org'])
    expect(made).toMatchObject({ code: 0, stdout: `${at('node-12.pem')}\n` })
    const certificate = certificateIn('node-12.pem')
    expect(certificate.verify(certificateIn('nodes-ca.pem').publicKey)).toBe(true)
    expect([...nodeIdsOf(certificate)]).toEqual([12])
    expect(certificate.checkHost('n12.example.org')).toBe('n12.example.org')
    const pem = readFileSync(at('node-12.pem'))
    expect(() => createSecureContext({ key: pem, cert: pem })).not.toThrow()
    expect(statSync(at('node-12.pem')).mode & 0o777).toBe(0o600)
  })

  it('makes users, of the authority of clients, that are no nodes', async () => {
    expect((await runSamsa(['certs', 'client', 'alice', '--dir', dir])).code).toBe(0)
    const certificate = certificateIn('alice.pem')
    expect(certificate.subject).toBe('CN=alice')
    expect(certificate.verify(certificateIn('clients-ca.pem').publicKey)).toBe(true)
    expect(nodeIdsOf(certificate).size).toBe(0)
    const node = await runSamsa(['certs', 'client', 'samsa-node-1', '--dir', dir])
    expect(node).toMatchObject({ code: 2 })
  })

  it('makes what a listener shows', async () => {
    const args = ['--dir', dir, '--host', 'b.example.org', '--host', '10.0.0.7']
    expect((await runSamsa(['certs', 'server', 'kafka.example.org', ...args])).code).toBe(0)
    const certificate = certificateIn('kafka.example.org.pem')
    expect(certificate.checkHost('b.example.org')).toBe('b.example.org')
    expect(certificate.checkIP('10.0.0.7')).toBe('10.0.0.7')
  })

  it('writes over nothing, and says which authority is missing', async () => {
    const again = await runSamsa(['certs', 'ca', 'nodes', '--dir', dir])
    expect(again).toMatchObject({ code: 1 })
    expect(again.stderr).toContain('nodes-ca.pem is there already')
    const missing = await runSamsa(['certs', 'node', '1', '--ca', 'others', '--dir', dir])
    expect(missing).toMatchObject({ code: 1 })
    expect(missing.stderr).toContain('samsa certs ca others')
    expect((await runSamsa(['certs', 'ca', '../x', '--dir', dir])).code).toBe(2)
  })

  it('shows whom certificates are for and when they end, and no key', async () => {
    await runSamsa(['certs', 'node', '7', '--dir', dir, '--days', '20'])
    const files = [at('node-7.pem'), at('nodes-ca.pem')]
    const { stdout, code } = await runSamsa(['certs', 'show', ...files, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject([
      { file: files[0], subject: 'CN=samsa-node-7', names: 'samsa-node-7', daysLeft: 19 },
      { file: files[1], daysLeft: 3_649 },
    ])
    expect(stdout).not.toContain('PRIVATE')
    expect((await runSamsa(['certs', 'show', ...files, '--check-days', '15'])).code).toBe(0)
    const ending = await runSamsa(['certs', 'show', ...files, '--check-days', '30'])
    expect(ending).toMatchObject({ code: 1 })
    expect(ending.stderr).toContain('node-7.pem ends in 19 days')
    const none = await runSamsa(['certs', 'show', at('nodes-ca.key')])
    expect(none.stderr).toContain('has no certificate in PEM form')
  })
})
