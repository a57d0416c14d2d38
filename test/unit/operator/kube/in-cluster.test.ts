// The service account of a pod: found, renewed, and left aside where KUBECONFIG is set.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inClusterAccess } from '../../../../operator/kube/in-cluster.ts'

const env = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '6443' }
let folder = ''
let nowMs = 0

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'samsa-account-'))
  for (const name of ['token', 'ca.crt', 'namespace'])
    writeFileSync(join(folder, name), `${name}\n`)
})
afterEach(() => rmSync(folder, { recursive: true }))

const open = (over: Readonly<Record<string, string | undefined>> = {}) =>
  inClusterAccess({ env: { ...env, ...over }, nowMs: () => nowMs, folder })

describe('the service account of a pod', () => {
  it('names the server, the namespace, the authority and a token', async () => {
    const access = open()
    expect(access).toMatchObject({
      endpoint: { server: 'https://10.96.0.1:6443' },
      namespace: 'namespace',
    })
    const options: RequestOptions = { headers: { Accept: 'application/json' } }
    await access?.endpoint.authorize(options)
    expect(options.headers).toEqual({ Accept: 'application/json', Authorization: 'Bearer token' })
    expect(String(options.ca)).toBe('ca.crt\n')
    const ipv6 = open({ KUBERNETES_SERVICE_HOST: 'fd00::1' })
    expect(ipv6?.endpoint.server).toBe('https://[fd00::1]:6443')
  })

  it('has another token after a minute, and keeps what it has while that cannot be read', async () => {
    const access = open()
    const token = async () => {
      const options: RequestOptions = {}
      await access?.endpoint.authorize(options)
      return options.headers
    }
    await token()
    writeFileSync(join(folder, 'token'), 'second')
    expect(await token()).toMatchObject({ Authorization: 'Bearer token' })
    nowMs += 60_000
    expect(await token()).toMatchObject({ Authorization: 'Bearer second' })
    rmSync(join(folder, 'token'))
    nowMs += 60_000
    expect(await token()).toMatchObject({ Authorization: 'Bearer second' })
  })

  it('is not there outside of a pod, and not asked where KUBECONFIG is set', () => {
    expect(open({ KUBERNETES_SERVICE_HOST: undefined })).toBeNull()
    expect(open({ KUBECONFIG: '/some/file' })).toBeNull()
    rmSync(join(folder, 'token'))
    expect(open()).toBeNull()
  })
})
