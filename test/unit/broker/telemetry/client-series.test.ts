// The series that clients' metrics become, and what bounds them.

import { ClientSeries } from '@samsa/broker/telemetry/client-series'
import { seriesMax, seriesPerClientMax } from '@samsa/broker/telemetry/limits'
import type { Point } from '@samsa/broker/telemetry/otlp'
import { beforeEach, describe, expect, it } from 'vitest'

const client = (clientInstanceId: string) => ({
  clientInstanceId,
  clientId: 'c',
  softwareName: 'java',
  softwareVersion: '4',
  sourceAddress: '10.0.0.1',
  sourcePort: 1,
})

const point = (metric: string, change: Partial<Point> = {}): Point => ({
  metric,
  kind: 'gauge',
  isMonotonic: false,
  value: 1,
  labels: [],
  ...change,
})

const many = (count: number) => Array.from({ length: count }, (_, at) => point(`metric.${at}`))

describe('ClientSeries', () => {
  let series: ClientSeries
  const record = (points: Point[], id = 'one', expiresAtMs = 1_000) =>
    series.record(client(id), { resource: [], points }, expiresAtMs)
  const values = (name: string) =>
    series
      .text()
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`))
      .map((line) => line.split(' ').at(-1))

  beforeEach(() => {
    series = new ClientSeries()
  })

  it('names metrics as Prometheus does, and tells whose they are', () => {
    record([point('org.apache.kafka.producer.record-queue.avg', { labels: [['node.id', '7']] })])
    expect(series.text().split('\n')).toEqual([
      '# TYPE samsa_client_info gauge',
      'samsa_client_info{client_instance_id="one",client_id="c",client_software_name="java",' +
        'client_software_version="4",client_source_address="10.0.0.1"} 1',
      '# TYPE samsa_client_producer_record_queue_avg gauge',
      'samsa_client_producer_record_queue_avg{client_instance_id="one",client_id="c",node_id="7"} 1',
      '',
    ])
  })

  it('keeps the last value of a gauge and adds up the deltas of a sum', () => {
    const sum = (value: number) => point('sent', { kind: 'delta', isMonotonic: true, value })
    record([point('queue', { value: 5 }), sum(10)])
    record([point('queue', { value: 3 }), sum(4)])
    expect(values('samsa_client_queue')).toEqual(['3'])
    expect(values('samsa_client_sent_total')).toEqual(['14'])
    expect(series.text()).toContain('# TYPE samsa_client_sent_total counter')
  })

  it('lets no client speak for another, break a line or leave its label', () => {
    record([
      point('x', {
        labels: [
          ['client_id', 'another'],
          ['k', 'a"b\\c\nd'],
        ],
      }),
    ])
    expect(series.text()).toContain('client_id="c",k="a\\"b\\\\c\\nd"} 1')
    expect(series.text()).not.toContain('another')
  })

  it('drops, and counts, what is beyond the series of one client', () => {
    record(many(seriesPerClientMax + 3))
    expect(series.count).toBe(seriesPerClientMax + 1)
    expect(series.dropped).toBe(3)
    record(many(1), 'two')
    expect(values('samsa_client_metric_0')).toHaveLength(2)
  })

  it('drops what is beyond the series of all clients, and has room again when they are gone', () => {
    const clients = Math.ceil(seriesMax / seriesPerClientMax) + 1
    for (let at = 0; at < clients; at++) record(many(seriesPerClientMax), `client-${at}`)
    expect(series.count).toBe(seriesMax)
    expect(series.dropped).toBeGreaterThan(0)
    series.expire(1_000)
    expect(series.count).toBe(0)
    expect(series.text()).toBe('')
    record(many(2))
    expect(series.count).toBe(3)
  })
})
