// The informer, and all that can happen to a watch.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KubeClient } from '../../../../operator/kube/client.ts'
import { Informer } from '../../../../operator/kube/informer.ts'
import { type KubeObject, kinds } from '../../../../operator/kube/objects.ts'
import { waitFor } from '../../../support/conformance/wait.ts'
import { connect, realTimers } from '../../../support/kube-api/connect.ts'
import { KubeApiServer } from '../../../support/kube-api/server.ts'

let server: KubeApiServer
let client: KubeClient
let informer: Informer<KubeObject>
let changes: string[]
let troubles: unknown[]

const place = (name: string) => ({ collection: 'v1/pods', namespace: 'ns', name })
const create = (name: string) => server.store.create(place(name), { metadata: {} })
const names = () => [...informer.all()].map(({ metadata }) => metadata.name).sort()
const knows = (...expected: string[]) =>
  waitFor(() => JSON.stringify(names()) === JSON.stringify(expected), {
    what: `the pods ${expected.join(', ')}`,
    timeoutMs: 5_000,
  })

beforeEach(async () => {
  server = await KubeApiServer.start()
  client = connect(server)
  changes = []
  troubles = []
  informer = new Informer({
    client,
    kind: kinds.pod,
    namespace: 'ns',
    onChange: (key, now, before) => {
      changes.push(`${key} ${now === null ? 'gone' : before === null ? 'new' : 'changed'}`)
    },
    onTrouble: (error) => troubles.push(error),
    timers: realTimers,
    random: () => 0.5,
  })
})

afterEach(async () => {
  await informer.close()
  client.transport.close()
  await server.close()
})

const watching = () => waitFor(() => server.watchCount === 1, { what: 'a watch', timeoutMs: 5_000 })

async function startWith(...pods: string[]): Promise<void> {
  for (const pod of pods) create(pod)
  informer.start()
  await informer.synced
  await watching()
}

describe('an informer', () => {
  it('knows what there is, and hears of what changes', async () => {
    await startWith('a', 'b')
    server.store.mergePatch(place('a'), { metadata: { labels: { x: '1' } } })
    server.store.delete(place('b'))
    create('c')
    await knows('a', 'c')
    expect(changes).toEqual(['ns/a new', 'ns/b new', 'ns/a changed', 'ns/b gone', 'ns/c new'])
  })

  it.each(['end', 'break'] as const)('goes on after its watch has come to an %s', async (how) => {
    await startWith('a')
    server.dropWatches(how)
    create('b')
    await knows('a', 'b')
    expect(changes).toEqual(['ns/a new', 'ns/b new'])
  })

  it('lists again when its version is too old, and misses neither new nor gone', async () => {
    await startWith('a', 'b')
    server.fault = ({ query }) => (query.get('watch') === 'true' ? { status: 503 } : undefined)
    server.dropWatches('break')
    await waitFor(() => troubles.length > 0, { what: 'trouble', timeoutMs: 5_000 })
    server.store.delete(place('a'))
    create('c')
    server.store.compact()
    server.fault = () => undefined
    await knows('b', 'c')
    expect(changes.slice(2).sort()).toEqual(['ns/a gone', 'ns/c new'])
  })

  it('waits and comes back when the server cannot serve it', async () => {
    let refusals = 0
    server.fault = () => (refusals++ < 3 ? { status: 429, headers: {} } : undefined)
    await startWith('a')
    expect(names()).toEqual(['a'])
    expect(troubles).toHaveLength(3)
  })

  it('leaves a server that accepts a watch and says nothing', async () => {
    const silences: (() => void)[] = []
    const quick = new Informer({
      client,
      kind: kinds.pod,
      namespace: 'ns',
      onChange: () => {},
      onTrouble: (error) => troubles.push(error),
      random: () => 0.5,
      timers: {
        nowMs: realTimers.nowMs,
        schedule(delayMs, action) {
          // The long one is the silence that it bears: the test ends it.
          if (delayMs > 60_000) silences.push(action)
          return delayMs > 60_000 ? { cancel() {} } : realTimers.schedule(delayMs, action)
        },
      },
    })
    quick.start()
    await quick.synced
    await watching()
    silences.at(-1)?.()
    await waitFor(() => troubles.length === 1, { what: 'the silence', timeoutMs: 5_000 })
    create('late')
    await waitFor(() => quick.get('ns/late') !== undefined, { what: 'late', timeoutMs: 5_000 })
    await quick.close()
  })
})
