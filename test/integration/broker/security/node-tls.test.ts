// Three nodes that know each other by certificates alone: they form a cluster, replicate and fail
// over, and change all their keys under load.

import { Client, credentials, status } from '@grpc/grpc-js'
import { connect } from '@samsa/client/client'
import type { KeyPair } from '@samsa/operator/pki/issue'
import { callUnary, openBidiStream } from '@samsa/proto/grpc/calls'
import { Controller } from '@samsa/proto/grpc/gen/controller'
import { Raft } from '@samsa/proto/grpc/gen/raft'
import { Replication } from '@samsa/proto/grpc/gen/replication'
import { Storage } from '@samsa/proto/grpc/gen/storage'
import { Transactions } from '@samsa/proto/grpc/gen/transactions'
import type { Method } from '@samsa/proto/grpc/service'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { decodeRecords } from '@samsa/proto/record/records'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { batchOf } from '../../../support/disk/log-fixture.ts'
import { Authority } from '../../../support/tls/node-certificates.ts'
import { nodeIds, TlsNodes } from '../../../support/tls/tls-nodes.ts'

const within = { timeout: 30_000 }
let nodes: TlsNodes

beforeAll(async () => {
  nodes = await TlsNodes.start()
}, 150_000)
afterAll(() => nodes.close(), 60_000)

/** A topic of one partition on all three nodes: the first replica leads it. */
async function createTopic(name: string, replicas: readonly number[]): Promise<void> {
  const client = await nodes.connect(replicas[0] ?? 0)
  const { topics } = await client.send('createTopics', 7, {
    topics: [
      {
        name,
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [{ partitionIndex: 0, brokerIds: [...replicas] }],
        configs: [],
      },
    ],
    timeoutMs: 10_000,
  })
  expect(topics[0]?.errorCode).toBe(errorCodes.NONE)
}

async function partitionOf(at: number, name: string) {
  const client = await nodes.connect(at)
  const { topics } = await client.send('metadata', 9, {
    topics: [{ name }],
    allowAutoTopicCreation: false,
  })
  return topics[0]?.partitions[0]
}

/** By a connection of its own, that retries nothing. */
async function producer(id: number, name: string) {
  const client = await nodes.connect(id)
  return async (value: string): Promise<number | undefined> => {
    const { responses } = await client.send('produce', 9, {
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name, partitionData: [{ index: 0, records: batchOf([value]) }] }],
    })
    return responses[0]?.partitionResponses[0]?.errorCode
  }
}

async function valuesOf(id: number, name: string): Promise<(string | undefined)[]> {
  const client = await nodes.connect(id)
  const { responses } = await client.send('fetch', 12, {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 10_000_000,
    topics: [
      {
        topic: name,
        partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000_000 }],
      },
    ],
    forgottenTopicsData: [],
  })
  const records = responses[0]?.partitions[0]?.records ?? null
  return records === null ? [] : [...decodeRecords(records)].map(({ value }) => value?.toString())
}

async function inSync(at: number, name: string): Promise<number[]> {
  return [...((await partitionOf(at, name))?.isrNodes ?? [])].toSorted((a, b) => a - b)
}

/** Both threads of each node say so. */
async function untilUsed(change: () => void): Promise<void> {
  const count = () =>
    nodes.lines.filter(({ message }) => message === 'new certificates are in use').length
  const before = count()
  change()
  await vi.waitFor(() => expect(count()).toBe(before + 2 * nodeIds.length), within)
}

const callers: Client[] = []
afterEach(() => {
  for (const caller of callers.splice(0)) caller.close()
})

/** Whoever it is, it trusts the nodes, and asks no certificate of theirs for a name. */
function caller(port: number, shown: KeyPair | null): Client {
  const bytes = (text: string | undefined) => (text === undefined ? null : Buffer.from(text))
  const trusted = Buffer.from(nodes.authority.certificate)
  const options = { checkServerIdentity: () => undefined }
  const keys = [trusted, bytes(shown?.key), bytes(shown?.certificate)] as const
  const made = new Client(`127.0.0.1:${port}`, credentials.createSsl(...keys, options), {
    'grpc.ssl_target_name_override': 'any',
  })
  callers.push(made)
  return made
}

const codeOf = (error: unknown) => (error as { readonly code?: number }).code

async function codeOfDescribe(client: Client): Promise<number | undefined> {
  return await callUnary(client, Raft.describe, {}, { timeoutMs: 5_000 }).then(
    () => status.OK,
    codeOf,
  )
}

/** How a stream ends that begins with that message. */
function codeOfStream<Sent, Taken, Answered, Received>(
  client: Client,
  method: Method<Sent, Taken, Answered, Received>,
  first: Sent,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const stream = openBidiStream(client, method)
    stream.on('error', (error) => resolve(codeOf(error)))
    stream.on('end', () => resolve(status.OK))
    stream.on('data', () => {
      resolve(status.OK)
      stream.cancel()
    })
    stream.write(first)
  })
}

const reasons = () =>
  nodes.lines.flatMap(({ fields, message }) => {
    const { reason } = fields as { readonly reason?: string }
    return message === 'a connection between nodes was refused' ? [String(reason)] : []
  })

describe('a node', () => {
  it('does not start with the certificate of another one', async () => {
    nodes.files(4).show(await nodes.authority.sign('samsa-node-3'))
    nodes.files(4).trust(nodes.authority)
    await expect(nodes.start(4)).rejects.toThrow(/no samsa-node-4 .* samsa certs node 4/)
  })

  it('does not come in with a certificate of another authority', async () => {
    const others = await Authority.make('others')
    nodes.files(5).show(await others.sign('samsa-node-5'))
    nodes.files(5).trust(nodes.authority)
    const giveUp = new AbortController()
    const started = nodes.start(5, giveUp.signal)
    started.catch(() => {})
    await vi.waitFor(() => expect(reasons().join()).toContain('untrusted certificate'), within)
    giveUp.abort()
    await expect(started).rejects.toThrow()
    const client = await nodes.connect(1)
    const { brokers } = await client.send('metadata', 9, { topics: [] })
    expect(brokers.map(({ nodeId }) => nodeId).toSorted((a, b) => a - b)).toEqual(nodeIds)
  }, 60_000)

  it('follows nobody whose certificate is for another node', async () => {
    const ofNode2 = await nodes.callerOf(2)
    try {
      expect(await codeOfDescribe(ofNode2.open(2))).toBe(status.OK)
      expect(await codeOfDescribe(ofNode2.open(3))).toBe(status.UNAVAILABLE)
    } finally {
      ofNode2.close()
    }
  })
})

describe('a port of nodes', () => {
  it('serves a node of the cluster', async () => {
    const shown = await nodes.authority.sign('samsa-node-3')
    expect(await codeOfDescribe(caller(nodes.controllerPort(1), shown))).toBe(status.OK)
  })

  it('refuses whoever shows no certificate, or speaks in the clear', async () => {
    expect(await codeOfDescribe(caller(nodes.controllerPort(1), null))).toBe(status.UNAVAILABLE)
    const target = `127.0.0.1:${nodes.controllerPort(1)}`
    const plain = new Client(target, credentials.createInsecure())
    callers.push(plain)
    expect(await codeOfDescribe(plain)).toBe(status.UNAVAILABLE)
  })

  it('refuses a certificate of another authority, whatever it is for', async () => {
    const clients = await Authority.make('clients')
    const shown = await clients.sign('samsa-node-3')
    for (const port of [nodes.controllerPort(2), nodes.grpcPort(2)]) {
      expect(await codeOfDescribe(caller(port, shown))).toBe(status.UNAVAILABLE)
    }
  })

  it('serves the storage API, and no more, to a certificate that is for no node', async () => {
    const shown = await nodes.authority.sign('alice', [])
    expect(await codeOfDescribe(caller(nodes.controllerPort(3), shown))).toBe(status.UNAVAILABLE)
    const client = caller(nodes.grpcPort(3), shown)
    const options = { timeoutMs: 5_000 }
    await callUnary(client, Storage.describeTopics, {}, options)
    const marked = callUnary(client, Transactions.writeMarkers, { body: Buffer.alloc(0) }, options)
    await expect(marked).rejects.toMatchObject({ code: status.PERMISSION_DENIED })
    const trusted = Buffer.from(nodes.authority.certificate)
    const keys = [Buffer.from(shown.key), Buffer.from(shown.certificate)] as const
    const bootstrap = `127.0.0.1:${nodes.grpcPort(3)}`
    const alice = await connect({ bootstrap, credentials: credentials.createSsl(trusted, ...keys) })
    expect(await alice.clusterId()).toBe(nodes.node(3).clusterId)
    await alice.close()
    const hello = { clusterId: nodes.node(3).clusterId, leaderId: 3, brokerId: 2, brokerEpoch: 1 }
    const first = { events: [{ hello: { ...hello, throttledRate: 0 } }] }
    expect(await codeOfStream(client, Replication.follow, first)).toBe(status.PERMISSION_DENIED)
  })

  it('refuses a node that speaks for another one', async () => {
    const shown = await nodes.authority.sign('samsa-node-3')
    const { clusterId } = nodes.node(1)
    const controller = caller(nodes.controllerPort(1), shown)
    const voter = await callUnary(controller, Raft.describe, {}, { timeoutMs: 5_000 })
    const hello = {
      from: '2@AAAAAAAAAAAAAAAAAAAAAA',
      to: voter.voter,
      clusterId,
      host: '',
      port: 0,
    }
    expect(await codeOfStream(controller, Raft.exchange, { hello })).toBe(status.PERMISSION_DENIED)
    const joining = { voter: '9@AAAAAAAAAAAAAAAAAAAAAA', host: 'h', port: 1, clusterId }
    const joined = callUnary(controller, Raft.join, joining, { timeoutMs: 5_000 })
    await expect(joined).rejects.toMatchObject({ code: status.PERMISSION_DENIED })
    const register = { clusterId, brokerId: 2, incarnationId: 'AAAAAAAAAAAAAAAAAAAAAQ' }
    const session = await codeOfStream(controller, Controller.session, { register })
    expect(session).toBe(status.PERMISSION_DENIED)
    const follows = { clusterId, leaderId: 1, brokerId: 2, brokerEpoch: 1, throttledRate: 0 }
    const broker = caller(nodes.grpcPort(1), shown)
    const first = { events: [{ hello: follows }] }
    expect(await codeOfStream(broker, Replication.follow, first)).toBe(status.FAILED_PRECONDITION)
  })
})

describe('nodes with certificates of one authority', () => {
  it('form a cluster and replicate', async () => {
    await createTopic('replicated', [1, 2, 3])
    const send = await producer(1, 'replicated')
    await vi.waitFor(async () => expect(await send('a')).toBe(errorCodes.NONE), within)
    await vi.waitFor(async () => expect(await inSync(1, 'replicated')).toEqual([1, 2, 3]), within)
  }, 60_000)

  it('change authority and keys under load, with no failed request and no restart', async () => {
    await createTopic('rotated', [2, 3, 1])
    const send = await producer(2, 'rotated')
    // The metadata has to reach its leader.
    await vi.waitFor(async () => expect(await send('first')).toBe(errorCodes.NONE), within)
    const sent = ['first']
    const errors: unknown[] = []
    const done = new AbortController()
    const load = (async () => {
      while (!done.signal.aborted) {
        const value = `record-${sent.length}`
        const error = await send(value).catch((failure: unknown) => failure)
        if (error === errorCodes.NONE) sent.push(value)
        else errors.push(error)
      }
    })()
    const next = await Authority.make('nodes, the second')
    const leaves = await Promise.all(nodeIds.map((id) => next.sign(`samsa-node-${id}`)))
    await untilUsed(() => nodeIds.map((id) => nodes.files(id).trust(nodes.authority, next)))
    await untilUsed(() => {
      for (const [index, leaf] of leaves.entries()) nodes.files(index + 1).show(leaf)
    })
    await untilUsed(() => nodeIds.map((id) => nodes.files(id).trust(next)))
    done.abort()
    await load
    expect(errors).toEqual([])
    expect(await valuesOf(2, 'rotated')).toEqual(sent)
    expect(await inSync(2, 'rotated')).toEqual([1, 2, 3])

    const retired = caller(nodes.controllerPort(1), await nodes.authority.sign('samsa-node-2'))
    expect(await codeOfDescribe(retired)).toBe(status.UNAVAILABLE)

    // What is connected anew goes by the new keys: a node that comes back is in sync again.
    await nodes.stop(3)
    await nodes.start(3)
    await vi.waitFor(async () => expect(await inSync(2, 'rotated')).toEqual([1, 2, 3]), within)
  }, 120_000)

  it('go on without the one that leads the partition and the quorum', async () => {
    await createTopic('failed-over', [1, 2, 3])
    const send = await producer(1, 'failed-over')
    await vi.waitFor(async () => expect(await send('before')).toBe(errorCodes.NONE), within)
    await nodes.stop(1)
    await vi.waitFor(
      async () => expect((await partitionOf(2, 'failed-over'))?.leaderId).toBe(2),
      within,
    )
    const sendOn = await producer(2, 'failed-over')
    await vi.waitFor(async () => expect(await sendOn('after')).toBe(errorCodes.NONE), within)
    expect(await valuesOf(2, 'failed-over')).toEqual(['before', 'after'])
    await nodes.start(1)
    await vi.waitFor(async () => expect(await inSync(2, 'failed-over')).toEqual([1, 2, 3]), within)
  }, 60_000)
})
