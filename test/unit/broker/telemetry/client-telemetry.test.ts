// KIP-714 as Kafka answers it: subscriptions, intervals, refusals; and what is shown of a push.

import { ClientTelemetry, type Push } from '@samsa/broker/telemetry/client-telemetry'
import type { MetadataImage } from '@samsa/controller/image'
import { compress } from '@samsa/proto/record/compression/codecs'
import { beforeEach, describe, expect, it } from 'vitest'
import { otlp } from '../../../support/otlp.ts'

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'
const caller = {
  clientId: 'billing',
  softwareName: 'apache-kafka-java',
  softwareVersion: '4.3.1',
  sourceAddress: '10.0.0.1',
  sourcePort: 4_000,
}
const sent = (value: bigint) =>
  otlp([{ name: 'org.apache.kafka.producer.sent', kind: 'delta', value }])

describe('ClientTelemetry', () => {
  let nowMs = 0
  let configs = new Map<string, ReadonlyMap<string, string>>()
  let telemetry: ClientTelemetry
  let connection: AbortController

  const subscription = (name: string, overrides: Record<string, string> | null) => {
    configs = new Map(configs)
    if (overrides === null) configs.delete(`client-metrics:${name}`)
    else configs.set(`client-metrics:${name}`, new Map(Object.entries(overrides)))
  }
  const subscribe = (id = noId, client = caller) =>
    telemetry.subscribe(id, client, connection.signal)
  const push = (change: Partial<Push> & { clientInstanceId: string }) =>
    telemetry.push(
      { subscriptionId: 0, terminating: false, compressionType: 0, metrics: sent(1n), ...change },
      caller,
      connection.signal,
    )
  /** A client that has its subscription. */
  const subscribed = async () => {
    const { traits, subscriptionId } = await subscribe()
    return { clientInstanceId: traits.clientInstanceId, subscriptionId }
  }
  const error = async (work: Promise<unknown>) => {
    const thrown: unknown = await work.then(
      () => null,
      (reason: unknown) => reason,
    )
    return (thrown as { kafkaError?: string } | null)?.kafkaError ?? thrown
  }
  const values = () => /samsa_client_producer_sent_total\{.*\} (.*)/.exec(telemetry.text())?.[1]

  beforeEach(() => {
    nowMs = 5
    configs = new Map()
    connection = new AbortController()
    telemetry = new ClientTelemetry({
      image: () => ({ configs }) as unknown as MetadataImage,
      monotonicMs: () => nowMs,
      bytesMax: () => 1_000,
    })
    subscription('all', { metrics: 'org.apache.kafka.', 'interval.ms': '1000' })
  })

  it('gives a client an id and what all its subscriptions come to', async () => {
    subscription('own', { metrics: 'a.b', match: 'client_id=bill.*', 'interval.ms': '700' })
    subscription('others', { metrics: 'c', match: 'client_id=bill', 'interval.ms': '100' })
    subscription('two', { metrics: 'd', match: 'client_id=billing,client_software_version=3' })
    const { traits, subscription: own } = await subscribe()
    expect(traits.clientInstanceId).not.toBe(noId)
    expect(own).toEqual({ metrics: ['a.b', 'org.apache.kafka.'], pushIntervalMs: 700 })
  })

  it('asks for everything by a lone star, and for nothing where there is no subscription', async () => {
    subscription('everything', { metrics: '*' })
    expect((await subscribe()).subscription.metrics).toEqual(['*'])
    subscription('everything', null)
    subscription('all', null)
    const { subscription: none } = await subscribe()
    expect(none).toEqual({ metrics: [], pushIntervalMs: 300_000 })
  })

  it('takes pushes and shows them as metrics', async () => {
    const client = await subscribed()
    await push({ ...client, metrics: sent(3n) })
    nowMs += 1_000
    await push({ ...client, compressionType: 4, metrics: compress('zstd', sent(4n)) })
    expect(values()).toBe('7')
    expect(telemetry.text()).toContain('samsa_telemetry_pushes_total 2\n')
  })

  it('throttles who asks or pushes before the interval is over', async () => {
    const client = await subscribed()
    expect(await error(subscribe(client.clientInstanceId))).toBe('THROTTLING_QUOTA_EXCEEDED')
    await push(client)
    nowMs += 999
    expect(await error(push(client))).toBe('THROTTLING_QUOTA_EXCEEDED')
    nowMs += 1
    expect(await error(push(client))).toBeNull()
    expect(telemetry.text()).toContain('samsa_telemetry_throttled_total 2\n')
  })

  it('tells a client whose subscription changed, and lets it ask for the new one at once', async () => {
    const client = await subscribed()
    await push(client)
    subscription('all', { metrics: 'org.apache.kafka.', 'interval.ms': '2000' })
    nowMs += 2_000
    expect(await error(push(client))).toBe('UNKNOWN_SUBSCRIPTION_ID')
    const { subscriptionId, subscription: now } = await subscribe(client.clientInstanceId)
    expect(subscriptionId).not.toBe(client.subscriptionId)
    expect(now.pushIntervalMs).toBe(2_000)
    nowMs += 2_000
    expect(await error(push({ ...client, subscriptionId }))).toBeNull()
  })

  it('takes a last push early, and nothing after it', async () => {
    const client = await subscribed()
    await push(client)
    expect(await error(push({ ...client, terminating: true }))).toBeNull()
    nowMs += 1_000
    expect(await error(push(client))).toBe('INVALID_REQUEST')
  })

  it.each([
    ['of nobody', { clientInstanceId: noId }, 'INVALID_REQUEST'],
    ['of an unknown codec', { compressionType: 9 }, 'UNSUPPORTED_COMPRESSION_TYPE'],
    ['that is too large', { metrics: Buffer.alloc(1_001) }, 'TELEMETRY_TOO_LARGE'],
    [
      'that is too large unpacked',
      { compressionType: 4, metrics: compress('zstd', Buffer.alloc(5_000)) },
      'TELEMETRY_TOO_LARGE',
    ],
    ['that cannot be unpacked', { compressionType: 1 }, 'INVALID_RECORD'],
    ['that is no OTLP', { metrics: Buffer.from('nonsense') }, 'INVALID_RECORD'],
  ])('refuses a push %s', async (_what, change, kafkaError) => {
    const client = await subscribed()
    expect(await error(push({ ...client, ...change }))).toBe(kafkaError)
    expect(values()).toBeUndefined()
  })

  it('forgets a client with its connection, and its metrics three intervals later', async () => {
    const client = await subscribed()
    await push(client)
    connection.abort()
    expect(telemetry.text()).toContain('samsa_telemetry_instances 0\n')
    expect(values()).toBe('1')
    nowMs += 60_000
    expect(values()).toBeUndefined()
  })

  it('forgets a client that is silent', async () => {
    await subscribed()
    nowMs += 60_000
    expect(telemetry.text()).toContain('samsa_telemetry_instances 0\n')
  })
})
