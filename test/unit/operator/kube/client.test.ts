// The client of the API server against one in memory.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KubeClient } from '../../../../operator/kube/client.ts'
import { isConflict, KubeUnreachableError } from '../../../../operator/kube/errors.ts'
import { type KubeObject, kinds } from '../../../../operator/kube/objects.ts'
import { connect } from '../../../support/kube-api/connect.ts'
import { KubeApiServer } from '../../../support/kube-api/server.ts'

interface Service extends KubeObject {
  readonly spec?: { readonly type?: string; readonly selector?: Record<string, string> }
}

const service = (spec: Service['spec'], labels?: Record<string, string>): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'a', namespace: 'ns', ...(labels !== undefined && { labels }) },
  ...(spec !== undefined && { spec }),
})

let server: KubeApiServer
let client: KubeClient

beforeEach(async () => {
  server = await KubeApiServer.start()
  client = connect(server)
})

afterEach(async () => {
  client.transport.close()
  await server.close()
})

describe('the client of the API server', () => {
  it('says null for what is not there', async () => {
    expect(await client.get(kinds.service, 'ns', 'a')).toBeNull()
  })

  it('lists page by page and says what the items are', async () => {
    for (let n = 0; n < 1_201; n++) {
      const place = { collection: 'v1/services', namespace: 'ns', name: `s${n}` }
      server.store.create(place, { metadata: {} })
    }
    const { items } = await client.list(kinds.service, { namespace: 'ns' })
    expect(items).toHaveLength(1_201)
    expect(items[0]?.kind).toBe('Service')
    expect(server.requests.filter((line) => line.startsWith('GET'))).toHaveLength(3)
  })

  it('applies: gives, takes back what it gave, and leaves what others gave', async () => {
    await client.apply(kinds.service, service({ type: 'ClusterIP', selector: { app: 'a' } }))
    await client.merge(kinds.service, service(undefined), { metadata: { labels: { by: 'them' } } })
    const after = await client.apply<Service>(kinds.service, service({ type: 'NodePort' }))
    expect(after.spec).toEqual({ type: 'NodePort' })
    expect(after.metadata.labels).toEqual({ by: 'them' })
    expect(after.metadata.generation).toBe(2)
  })

  it('changes a status and nothing else by applyStatus', async () => {
    await client.apply(kinds.service, service({ type: 'ClusterIP' }))
    const changed = { ...service({ type: 'other' }), status: { ready: true } }
    const after = await client.applyStatus<Service>(kinds.service, changed)
    expect(after).toMatchObject({ spec: { type: 'ClusterIP' }, status: { ready: true } })
    expect(after.metadata.generation).toBe(1)
  })

  it('does not replace an object that has changed meanwhile', async () => {
    const seen = await client.create<Service>(kinds.service, service({ type: 'ClusterIP' }))
    await client.merge(kinds.service, seen, { spec: { type: 'NodePort' } })
    const failed = client.replace(kinds.service, { ...seen, metadata: seen.metadata })
    await expect(failed).rejects.toSatisfy(isConflict)
  })

  it('does not delete another object of the same name', async () => {
    const first = await client.create<Service>(kinds.service, service({}))
    expect(await client.delete(kinds.service, first)).toBe(true)
    await client.create(kinds.service, service({}))
    expect(await client.delete(kinds.service, first)).toBe(false)
    expect(await client.get(kinds.service, 'ns', 'a')).not.toBeNull()
  })

  it('gives up on a server that does not answer', async () => {
    server.fault = () => ({ status: 200, isSilent: true })
    const impatient = connect(server, 50)
    const failed = impatient.get(kinds.service, 'ns', 'a')
    await expect(failed).rejects.toBeInstanceOf(KubeUnreachableError)
    impatient.transport.close()
  })

  it("carries the server's own words", async () => {
    server.fault = () => ({ status: 429, headers: { 'Retry-After': '7' } })
    const failed = client.get(kinds.service, 'ns', 'a')
    await expect(failed).rejects.toMatchObject({ status: 429, retryAfterMs: 7_000 })
  })
})
