// The authorities and certificates of a cluster, through the years.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decoded } from '../../../../operator/pki/authority.ts'
import { makeAuthority } from '../../../../operator/pki/issue.ts'
import { isSignedBy, readCertificate, splitBundle } from '../../../../operator/pki/read.ts'
import { Stage, specOf } from '../../../support/operator/stage.ts'

const dayMs = 86_400_000
const minuteMs = 60_000
let stage: Stage

beforeEach(async () => {
  stage = await Stage.open()
})

afterEach(async () => {
  expect(stage.failures).toEqual([])
  await stage.close()
})

const place = (name: string) => ({ collection: 'v1/secrets', namespace: 'ns', name })
const dataOf = (name: string) => decoded(stage.server.store.get(place(name))['data'] as never)
const bundle = () => splitBundle(dataOf('c-cluster-ca-cert')['ca.crt'] ?? '')
const signing = () => dataOf('c-cluster-ca')['ca.crt']?.trim()

function isLeafSignedBy(pem: string | undefined): boolean {
  const leaf = readCertificate(dataOf('c-nodes-0-tls')['tls.crt'])
  const authority = readCertificate(pem)
  if (leaf === null || authority === null) throw new Error('unreadable')
  return isSignedBy(leaf, authority)
}

async function comeUp(over: object = {}): Promise<void> {
  stage.create(specOf(over))
  await stage.settle()
}

describe('the certificates of a cluster', () => {
  it('are there from the beginning, for every node and its names', async () => {
    await comeUp()
    expect(stage.condition('CertificatesReady')?.status).toBe('True')
    expect(stage.names('v1/secrets')).toEqual(
      expect.arrayContaining([
        'c-clients-ca',
        'c-clients-ca-cert',
        'c-cluster-ca',
        'c-nodes-2-tls',
      ]),
    )
    expect(isLeafSignedBy(signing())).toBe(true)
    const leaf = readCertificate(dataOf('c-nodes-1-tls')['tls.crt'])
    expect(leaf?.hosts).toContain('c-nodes-1.c-nodes.ns.svc')
    expect(leaf?.hosts).toContain('c-bootstrap.ns.svc')
    expect(Object.keys(dataOf('c-cluster-ca-cert'))).toEqual(['ca.crt'])
  })

  it('are renewed without a restart: trusted first, and used later', async () => {
    await comeUp()
    const pods = stage.podUids()
    const first = signing()
    stage.nowMs += 340 * dayMs
    await stage.pass()
    expect(bundle()).toHaveLength(2)
    expect(signing()).toBe(first)
    expect(isLeafSignedBy(first)).toBe(true)
    stage.nowMs += 4 * minuteMs
    await stage.pass()
    expect(signing()).toBe(first)
    stage.nowMs += 2 * minuteMs
    await stage.pass()
    expect(signing()).not.toBe(first)
    expect(bundle()).toContain(first)
    expect(isLeafSignedBy(signing())).toBe(true)
    stage.nowMs += 40 * dayMs
    await stage.pass()
    expect(bundle()).toEqual([signing()])
    expect(stage.podUids()).toEqual(pods)
  })

  it('go on where an operator stopped in the middle, and nothing is done twice', async () => {
    await comeUp()
    stage.nowMs += 340 * dayMs
    let writes = 0
    stage.server.fault = ({ method, path }) => {
      if (method !== 'PATCH' || !path.includes('/secrets/')) return undefined
      return ++writes > 1 ? { status: 500 } : undefined
    }
    await stage.pass()
    expect(stage.failures.splice(0)).not.toEqual([])
    const next = dataOf('c-cluster-ca')['next.crt']?.trim()
    expect(bundle()).not.toContain(next)
    stage.server.fault = () => undefined
    stage.nowMs += 10 * minuteMs
    await stage.pass()
    expect(bundle()).toContain(next)
    expect(signing()).not.toBe(next)
    stage.nowMs += 6 * minuteMs
    await stage.pass()
    expect(signing()).toBe(next)
  })

  it('wait for a window, and not until it is too late', async () => {
    const windows = [{ schedule: '0 3 * * 0', durationMinutes: 60 }]
    stage.nowMs = Date.parse('2026-01-05T12:00:00Z')
    await comeUp({ certificates: { windows } })
    const first = signing()
    stage.nowMs += 340 * dayMs
    await stage.pass()
    expect(bundle()).toEqual([first])
    expect(stage.condition('CertificatesReady')?.message).toContain('waits for a window')
    stage.nowMs += 20 * dayMs
    await stage.pass()
    expect(bundle()).toHaveLength(2)
  })

  it('are made anew where they have run out or were deleted', async () => {
    await comeUp()
    const first = signing()
    stage.nowMs += 400 * dayMs
    await stage.pass()
    expect(signing()).not.toBe(first)
    expect(isLeafSignedBy(signing())).toBe(true)
    const second = signing()
    stage.server.store.delete(place('c-nodes-0-tls'))
    stage.server.store.delete(place('c-cluster-ca'))
    await stage.pass()
    expect(bundle()).toContain(second)
    expect(isLeafSignedBy(signing())).toBe(true)
    expect(stage.condition('CertificatesReady')?.status).toBe('True')
  })

  it('are renewed when somebody asks', async () => {
    await comeUp()
    const first = signing()
    const annotations = { 'samsa.io/force-renew': 'true' }
    stage.server.store.mergePatch(place('c-cluster-ca'), { metadata: { annotations } })
    await stage.pass()
    expect(bundle()).toHaveLength(2)
    stage.nowMs += 6 * minuteMs
    await stage.pass()
    await stage.pass()
    expect(signing()).not.toBe(first)
    expect(bundle()).toHaveLength(2)
  })

  it('are renewed once, though the operator dies before it can say that it did', async () => {
    await comeUp()
    const annotations = { 'samsa.io/force-renew': 'true' }
    const ask = () =>
      stage.server.store.mergePatch(place('c-cluster-ca'), { metadata: { annotations } })
    ask()
    await stage.pass()
    const next = bundle()
    // As it is left by one who made it and died.
    ask()
    await stage.pass()
    const { metadata } = stage.server.store.get(place('c-cluster-ca'))
    expect(metadata.annotations).not.toHaveProperty('samsa.io/force-renew')
    stage.nowMs += 6 * minuteMs
    for (let count = 0; count < 4; count++) await stage.pass()
    expect(bundle()).toEqual(expect.arrayContaining(next))
    expect(bundle()).toHaveLength(2)
  })

  it('are signed by a given authority, which is only read', async () => {
    const given = await makeAuthority('ours', {
      fromMs: stage.nowMs,
      untilMs: stage.nowMs + dayMs * 90,
    })
    const data = {
      'ca.crt': Buffer.from(given.certificate).toString('base64'),
      'ca.key': Buffer.from(given.key).toString('base64'),
    }
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: {}, data }
    stage.server.store.create(place('our-ca'), secret)
    await comeUp({ certificates: { cluster: { generate: false, secretName: 'our-ca' } } })
    expect(isLeafSignedBy(given.certificate)).toBe(true)
    expect(bundle()).toEqual([given.certificate.trim()])
    expect(stage.server.store.get(place('our-ca'))['data']).toEqual(data)
  })

  it("are never written over what is somebody else's", async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: {}, data: { own: 'eA==' } }
    stage.server.store.create(place('c-cluster-ca'), secret)
    stage.create()
    for (let count = 0; count < 4; count++) await stage.pass()
    expect(stage.condition('CertificatesReady')?.message).toContain('belongs to somebody else')
    expect(stage.server.store.get(place('c-cluster-ca'))['data']).toEqual({ own: 'eA==' })
    expect(stage.condition('PodsReady')?.status).toBe('True')
  })
})
