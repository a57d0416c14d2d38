// The storage API by clients of others: grpcurl, which knows it by reflection alone, and Python's
// grpcio, which has the .proto file. Always against Samsa: Kafka has nothing like it.

import { join } from 'node:path'
import { connect, type SamsaClient } from '@samsa/client/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import { python } from '../../support/conformance/confluent-client.ts'
import { run } from '../../support/conformance/processes.ts'
import { samsaGrpcPort } from '../../support/conformance/samsa-server.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { grpcurlPath, repositoryDir } from '../../support/conformance/target.ts'
import { createTopic } from '../../support/storage/topics.ts'

const service = 'samsa.storage.v1.Storage'

conformanceSuite('the storage API', ['grpcurl', 'python'], () => {
  let cluster: Cluster
  let address: string
  let client: SamsaClient

  beforeAll(async () => {
    cluster = await startCluster({ kind: 'samsa', nodes: 1 })
    address = `127.0.0.1:${samsaGrpcPort(cluster.port)}`
    client = await connect({ bootstrap: address })
  })
  afterAll(async () => {
    await client?.close()
    await cluster?.close()
  })

  async function grpcurl(args: readonly string[], allowFailure = false) {
    return run(grpcurlPath, ['-plaintext', ...args], { allowFailure })
  }

  async function call(method: string, request: object): Promise<unknown> {
    const { stdout } = await grpcurl(['-d', JSON.stringify(request), address, method])
    return JSON.parse(stdout.toString())
  }

  it('is found by reflection', async () => {
    const { stdout } = await grpcurl([address, 'list'])
    const services = stdout.toString().trim().split('\n')
    expect(services).toEqual(expect.arrayContaining([service, 'grpc.health.v1.Health']))
    const described = (await grpcurl([address, 'describe', service])).stdout.toString()
    expect(described).toContain('rpc Read ( .samsa.storage.v1.ReadRequest ) returns ( stream')
    const record = (await grpcurl([address, 'describe', 'samsa.storage.v1.Record'])).stdout
    expect(record.toString()).toContain('optional bytes key = 3;')
  })

  it('says that it serves', async () => {
    expect(await call('grpc.health.v1.Health/Check', { service })).toEqual({ status: 'SERVING' })
  })

  it('appends and reads by grpcurl', async () => {
    const topic = await createTopic(cluster.port, 'by-grpcurl')
    const value = Buffer.from('hello').toString('base64')
    const headers = [{ key: 'h', value }]
    const records = [{ value, headers, timestampMs: '7' }, { key: value }]
    await call(`${service}/Append`, { topic, records: { records } })
    const read = JSON.stringify({ topic, endOffset: 2 })
    const { stdout } = await grpcurl(['-d', read, address, `${service}/Read`])
    const responses = JSON.parse(
      `[${stdout.toString().replaceAll(/^\}\n\{/gm, '},{')}]`,
    ) as object[]
    expect(responses[1]).toMatchObject({
      records: [
        { value, headers, timestampMs: '7' },
        { key: value, offset: '1' },
      ],
      nextOffset: '2',
    })
  })

  it('tells grpcurl what is wrong, in words and in details', async () => {
    const request = JSON.stringify({ topic: 'no-such-topic' })
    const failed = await grpcurl(['-d', request, address, `${service}/Append`], true)
    expect(failed.text).toContain('Code: NotFound')
    expect(failed.text).toContain('"@type": "type.googleapis.com/samsa.storage.v1.Failure"')
    expect(failed.text).toContain('"name": "UNKNOWN_TOPIC_OR_PARTITION"')
  })

  it('appends idempotently, reads, lists and fails by grpcio', async () => {
    const topic = await createTopic(cluster.port, 'by-grpcio')
    const proto = join(repositoryDir, 'proto/grpc/storage.proto')
    const { stdout } = await python('storage.py', [address, proto, topic])
    const values = Array.from({ length: 100 }, (_, index) => `v${index}`)
    expect(JSON.parse(stdout.toString())).toEqual({
      offsets: Array.from({ length: 200 }, (_, index) => Math.floor(index / 2)),
      values,
      latest: 100,
      failure: ['FAILED_PRECONDITION', true],
    })
    const read: (string | undefined)[] = []
    for await (const record of client.reader({ topic, until: () => 100 })) {
      read.push(record.value?.toString())
    }
    expect(read).toEqual(values)
  })
})
