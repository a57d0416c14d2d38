// Where the API server is found, and what is said to it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { kubeAccess } from '../../../../operator/kube/kube-config.ts'

let dir = ''

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'samsa-kubeconfig-'))
  vi.stubEnv('KUBECONFIG', join(dir, 'config'))
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(dir, { recursive: true })
})

function write(user: object, cluster: object = {}, current = 'here'): void {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: 'https://10.0.0.1:6443', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'streams' } }],
    'current-context': current,
  }
  writeFileSync(join(dir, 'config'), JSON.stringify(config))
}

const base64 = (text: string) => Buffer.from(text).toString('base64')

async function authorized(): Promise<RequestOptions> {
  const options: RequestOptions = { method: 'GET', headers: { Accept: 'application/json' } }
  await kubeAccess().endpoint.authorize(options)
  return options
}

describe('a kubeconfig', () => {
  it('names the server, the namespace and a token', async () => {
    write({ token: 'secret' })
    expect(kubeAccess()).toMatchObject({
      endpoint: { server: 'https://10.0.0.1:6443' },
      namespace: 'streams',
    })
    const { headers, agent } = await authorized()
    expect(headers).toEqual({ Accept: 'application/json', Authorization: 'Bearer secret' })
    expect(agent).toBeUndefined()
  })

  it('holds certificates, by value or by file', async () => {
    writeFileSync(join(dir, 'client.key'), 'KEY')
    write(
      { 'client-certificate-data': base64('CERT'), 'client-key': 'client.key' },
      { 'certificate-authority-data': base64('CA') },
    )
    const { ca, cert, key } = await authorized()
    expect([ca, cert, key].map(String)).toEqual(['CA', 'CERT', 'KEY'])
  })

  it('may point to a proxy, which connections then go through', async () => {
    write({ token: 'secret' }, { 'proxy-url': 'http://127.0.0.1:3128' })
    expect((await authorized()).agent).toBeDefined()
  })

  it('that names no cluster is refused', () => {
    write({}, {}, 'elsewhere')
    expect(() => kubeAccess()).toThrow("'elsewhere'")
  })
})
