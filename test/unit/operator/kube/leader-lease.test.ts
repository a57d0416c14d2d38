// One operator acts: the lease under failures of the API server.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LeaderLease, microTime } from '../../../../operator/kube/leader-lease.ts'
import { waitFor } from '../../../support/conformance/wait.ts'
import { connect, realTimers } from '../../../support/kube-api/connect.ts'
import { KubeApiServer } from '../../../support/kube-api/server.ts'

const durationMs = 300
let server: KubeApiServer
let leases: LeaderLease[]
let log: string[]

function candidate(identity: string): LeaderLease {
  const lease = new LeaderLease({
    client: connect(server, 200),
    namespace: 'ns',
    name: 'operator',
    identity,
    durationMs,
    renewMs: 50,
    timers: realTimers,
    wallMs: Date.now,
    random: Math.random,
    onElected: () => log.push(`${identity} elected`),
    onLost: () => log.push(`${identity} lost`),
    onTrouble: () => {},
  })
  leases.push(lease)
  lease.start()
  return lease
}

const until = (is: () => boolean, what: string) => waitFor(is, { what, timeoutMs: 5_000 })

beforeEach(async () => {
  server = await KubeApiServer.start()
  leases = []
  log = []
})

afterEach(async () => {
  for (const lease of leases) await lease.close()
  await server.close()
})

describe('the lease of the operator', () => {
  it('has one holder, and the next one when that stops', async () => {
    const a = candidate('a')
    await until(() => a.isLeader, 'a leads')
    const b = candidate('b')
    await a.close()
    await until(() => b.isLeader, 'b leads')
    expect(log).toEqual(['a elected', 'a lost', 'b elected'])
  })

  it('is lost by who cannot renew it before another can have it', async () => {
    const a = candidate('a')
    await until(() => a.isLeader, 'a leads')
    server.fault = () => ({ status: 503 })
    await until(() => log.includes('a lost'), 'a has lost')
    expect(a.isLeader).toBe(false)
    const b = candidate('b')
    server.fault = () => undefined
    await until(() => a.isLeader || b.isLeader, 'somebody leads')
    expect(a.isLeader && b.isLeader).toBe(false)
  })

  it('is not taken from who renews it, and is from who is gone', async () => {
    const a = candidate('a')
    await until(() => a.isLeader, 'a leads')
    const b = candidate('b')
    const before = server.requests.length
    await until(() => server.requests.length > before + 20, 'some renewals')
    expect(b.isLeader).toBe(false)
    server.fault = ({ method }) => (method === 'PUT' ? { status: 503 } : undefined)
    await until(() => log.includes('a lost'), 'a has lost')
    server.fault = () => undefined
    await until(() => a.isLeader || b.isLeader, 'somebody leads')
  })

  it('writes times with six digits', () => {
    expect(microTime(0)).toBe('1970-01-01T00:00:00.000000Z')
  })
})
