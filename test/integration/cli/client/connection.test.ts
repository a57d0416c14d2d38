// One connection: which versions are agreed on, and how each kind of failure is told.

import { createServer } from 'node:net'
import { Connection } from '@samsa/cli/client/connection'
import { ConnectionError, IncompatibleError, TimeoutError } from '@samsa/cli/client/errors'
import { afterEach, describe, expect, it } from 'vitest'
import {
  FakeBroker,
  type FakeBrokerOptions,
  type FakeHandlers,
} from '../../../support/cli/fake-broker.ts'

const closers: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

const groups: FakeHandlers = { listGroups: () => ({ errorCode: 0, groups: [] }) }

async function connectTo(handlers: FakeHandlers, options: FakeBrokerOptions = {}) {
  const broker = await FakeBroker.start(handlers, options)
  closers.push(() => broker.close())
  const connection = await Connection.open({ host: '127.0.0.1', port: broker.port })
  closers.push(() => connection.close())
  return { broker, connection }
}

describe('Connection', () => {
  it('speaks the newest version that both sides know', async () => {
    const { connection } = await connectTo(groups, { versions: { listGroups: { min: 1, max: 3 } } })
    const { version } = await connection.request('listGroups', {}, { timeoutMs: 1_000 })
    expect(version).toBe(3)
    expect(connection.versionOf('listGroups', 2)).toBe(2)
    expect(connection.versionOf('listGroups', 0)).toBeUndefined()
  })

  it('asks a broker that refuses ApiVersions again in a version that it names', async () => {
    const { broker, connection } = await connectTo(groups, { apiVersionsMax: 0 })
    expect(connection.versionOf('listGroups')).toBe(5)
    expect(broker.count('apiVersions')).toBe(2)
  })

  it('refuses a request that the broker does not serve', async () => {
    const { connection } = await connectTo(groups)
    const request = connection.request('heartbeat', heartbeat, { timeoutMs: 1_000 })
    await expect(request).rejects.toThrow(IncompatibleError)
    await expect(request).rejects.toThrow('does not serve Heartbeat')
  })

  it('matches answers to requests that are under way together', async () => {
    const names = ['a', 'b', 'c']
    const { connection } = await connectTo({
      deleteGroups: ({ groupsNames }) => ({
        results: groupsNames.map((groupId) => ({ groupId, errorCode: 0 })),
      }),
    })
    const asked = names.map((name) =>
      connection.request('deleteGroups', { groupsNames: [name] }, { timeoutMs: 1_000 }),
    )
    const answered = await Promise.all(asked)
    expect(answered.map(({ response }) => response.results[0]?.groupId)).toEqual(names)
  })

  it('fails every request under way when an answer does not come in time', async () => {
    const { connection } = await connectTo({ listGroups: () => 'silent' })
    const [first, second] = [
      connection.request('listGroups', {}, { timeoutMs: 50 }),
      connection.request('listGroups', {}, { timeoutMs: 5_000 }),
    ]
    await expect(first).rejects.toThrow(TimeoutError)
    await expect(second).rejects.toThrow(TimeoutError)
    expect(connection.isOpen).toBe(false)
    await expect(connection.request('listGroups', {}, { timeoutMs: 50 })).rejects.toThrow()
  })

  it('fails requests under way when the broker closes the connection', async () => {
    const { connection } = await connectTo({ listGroups: () => 'close' })
    const request = connection.request('listGroups', {}, { timeoutMs: 1_000 })
    await expect(request).rejects.toThrow(ConnectionError)
  })

  it('says what to do when nothing listens', async () => {
    const { broker } = await connectTo(groups)
    const port = broker.port
    await broker.close()
    await expect(Connection.open({ host: '127.0.0.1', port })).rejects.toThrow("'samsa dev'")
  })

  it('says so when something else than a broker answers', async () => {
    const http = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await new Promise<void>((resolve) => {
      http.listen(0, '127.0.0.1', resolve)
    })
    closers.push(() => void http.close())
    const address = http.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await expect(Connection.open({ host: '127.0.0.1', port })).rejects.toThrow(
      'does not speak the Kafka',
    )
  })
})

const heartbeat = { groupId: 'g', generationId: 0, memberId: 'm' }
