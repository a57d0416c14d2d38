// Holds the rows of DescribeConfigs to what a running Apache Kafka 4.3.1 answered
// (kafka-4.3.1-describe.json).

import { readFileSync } from 'node:fs'
import { resolveBrokerConfig } from '@samsa/broker/config/broker-config'
import {
  type ConfigRow,
  describeBroker,
  describeBrokerDefaults,
  describeClientMetrics,
  describeGroup,
  describeTopic,
} from '@samsa/broker/config/describe'
import { fileLayer } from '@samsa/broker/config/layers'
import { describe, expect, it } from 'vitest'

interface OracleRow {
  name: string
  value: string | null
  source: number
  isSensitive?: true
  readOnly?: true
  configType: number
  synonyms: [name: string, value: string | null, source: number][]
}

type Texts = Record<string, string>

interface Oracle {
  file: Texts
  dynamicDefault: Texts
  dynamicBroker: Texts
  topicOverrides: Texts
  groupOverrides: Texts
  clientMetricsOverrides: Texts
  topicBefore: OracleRow[]
  topic: OracleRow[]
  broker: OracleRow[]
  brokerDefault: OracleRow[]
  group: OracleRow[]
  clientMetrics: OracleRow[]
}

const oracle: Oracle = JSON.parse(
  readFileSync(new URL('kafka-4.3.1-describe.json', import.meta.url), 'utf8'),
)

function map(texts: Texts): Map<string, string> {
  return new Map(Object.entries(texts))
}

const file = map({ ...oracle.file, 'broker.id': '1' })
const broker = resolveBrokerConfig({
  file,
  dynamicDefault: map(oracle.dynamicDefault),
  dynamicBroker: map(oracle.dynamicBroker),
})

function asOracle(row: ConfigRow): OracleRow {
  return {
    name: row.name,
    value: row.value,
    source: row.source,
    ...(row.isSensitive ? { isSensitive: true } : {}),
    ...(row.readOnly ? { readOnly: true } : {}),
    configType: row.configType,
    synonyms: row.synonyms.map(({ name, value, source }) => [name, value, source]),
  }
}

function byName(rows: readonly OracleRow[]): OracleRow[] {
  return rows.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function ours(rows: readonly ConfigRow[]): OracleRow[] {
  return byName(rows.map(asOracle).filter(({ name }) => !name.startsWith('samsa.')))
}

// Kafka answers 168, its default, once log.retention.ms is set on the running broker; what the file
// says is 100.
function asTheFileSays(row: OracleRow): OracleRow {
  return row.name === 'log.retention.hours' ? { ...row, value: '100' } : row
}

// Kafka opens and closes listeners while it runs; here they change with a restart.
function withFixedListeners(row: OracleRow): OracleRow {
  const fixed = ['listeners', 'listener.security.protocol.map'].includes(row.name)
  return fixed ? { ...row, readOnly: true } : row
}

// Required in Kafka and without a default there; ours is the empty list.
function withOurDefault(row: OracleRow): OracleRow {
  if (row.name !== 'controller.listener.names') return row
  return { ...row, synonyms: [...row.synonyms, [row.name, '', 5]] }
}

describe('DescribeConfigs', () => {
  it('of a topic is Kafka’s', () => {
    expect(ours(describeTopic(broker, map(oracle.topicOverrides)))).toEqual(byName(oracle.topic))
  })

  it('of a topic names no source for what only log.retention.hours sets, as Kafka', () => {
    const before = resolveBrokerConfig(fileLayer(file))
    const overrides = map({ 'retention.ms': '1000' })
    const names = oracle.topicBefore.map(({ name }) => name)
    const rows = ours(describeTopic(before, overrides)).filter(({ name }) => names.includes(name))
    expect(rows).toEqual(byName(oracle.topicBefore))
  })

  it('of a broker is Kafka’s', () => {
    const expected = oracle.broker.map(asTheFileSays).map(withOurDefault).map(withFixedListeners)
    expect(ours(describeBroker(broker))).toEqual(byName(expected))
  })

  it('of the cluster-wide broker default is Kafka’s', () => {
    expect(ours(describeBrokerDefaults(broker))).toEqual(byName(oracle.brokerDefault))
  })

  it('of a group is Kafka’s', () => {
    expect(ours(describeGroup(broker, map(oracle.groupOverrides)))).toEqual(byName(oracle.group))
  })

  it('of a client metrics subscription is Kafka’s', () => {
    const rows = describeClientMetrics(map(oracle.clientMetricsOverrides))
    expect(ours(rows)).toEqual(byName(oracle.clientMetrics))
  })

  it('lists our own broker configs too', () => {
    const row = describeBroker(broker).find(({ name }) => name === 'samsa.log.level')
    expect(row).toMatchObject({ value: 'info', source: 5, readOnly: false, configType: 2 })
  })

  it('never tells a secret, nor a setting that it knows nothing of', () => {
    const secretive = resolveBrokerConfig(
      fileLayer(map({ ...oracle.file, 'rsm.config.token': 'hush', 'sasl.jaas.config': 'hush' })),
    )
    const text = JSON.stringify(describeBroker(secretive))
    expect(text).toContain('rsm.config.token')
    expect(text).not.toContain('hush')
    expect(text).not.toContain('"value":"secret"')
  })
})
