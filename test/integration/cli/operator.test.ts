// `samsa operator` as a process: found by KUBECONFIG, elected, probed, stopped.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { SamsaProcess } from '../../support/cli/samsa-process.ts'
import { waitFor } from '../../support/conformance/wait.ts'
import { KubeApiServer } from '../../support/kube-api/server.ts'

const lease = {
  collection: 'coordination.k8s.io/v1/leases',
  namespace: 'ns',
  name: 'samsa-operator',
}
let server: KubeApiServer
let dir = ''

beforeEach(async () => {
  server = await KubeApiServer.start()
  dir = mkdtempSync(join(tmpdir(), 'samsa-operator-'))
  const config = {
    clusters: [{ name: 'c', cluster: { server: server.url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'ns' } }],
    'current-context': 'here',
  }
  writeFileSync(join(dir, 'config'), JSON.stringify(config))
  vi.stubEnv('KUBECONFIG', join(dir, 'config'))
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await server.close()
  rmSync(dir, { recursive: true })
})

it('runs, leads, answers its probes, and stops in order', async () => {
  const args = ['--image', 'samsa:test', '--http-host', '127.0.0.1', '--http-port', '0']
  const operator = SamsaProcess.fromSource('operator', ...args)
  try {
    await operator.ready()
    const port = /http=127\.0\.0\.1:(\d+)/.exec(operator.stdout)?.[1]
    const holder = () => {
      const { spec } = (server.store.find(lease) ?? {}) as { spec?: { holderIdentity: string } }
      return spec?.holderIdentity ?? ''
    }
    await waitFor(() => holder() !== '', { what: 'the lease is held', timeoutMs: 20_000 })
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`)
    expect(ready.status).toBe(200)
    expect(await operator.stop()).toBe(0)
    expect(holder()).toBe('')
    expect(operator.stderr).toContain('"stopped"')
    expect(operator.stderr).not.toContain('"level":"error"')
  } finally {
    await operator.stop('SIGKILL')
  }
}, 40_000)
