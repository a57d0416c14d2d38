// Holds our tables to Apache Kafka 4.3.1: kafka-4.3.1-configs.json has what its ConfigDefs print
// and what they make of sample values. Each place where we differ on purpose stands below with its
// reason.

import { readFileSync } from 'node:fs'
import {
  brokerConfigs,
  brokerSynonyms,
  dynamicOnlyConfigs,
} from '@samsa/broker/config/broker-configs'
import {
  type ConfigTable,
  defaultText,
  formatConfig,
  parseConfig,
} from '@samsa/broker/config/definition'
import {
  clientMetricsConfigs,
  groupConfigs,
  groupServerDefault,
} from '@samsa/broker/config/group-configs'
import { topicConfigs, topicServerDefaults } from '@samsa/broker/config/topic-configs'
import { ConfigError } from '@samsa/broker/config/value'
import { describe, expect, it } from 'vitest'

interface Row {
  name: string
  type: string
  default?: string | null
  required?: true
  validator?: string
  importance: string
  internal?: true
  dynamic?: string
}

interface SampleValues {
  /** `broker`, `topic` or `group`, a blank, and the name. */
  configs: string[]
  /** Text to what Kafka prints of it. */
  accepts: Record<string, string>
  refuses: string[]
}

interface Oracle {
  broker: Row[]
  dynamicOnly: Row[]
  topic: Row[]
  group: Row[]
  clientMetrics: Row[]
  topicSynonyms: Record<string, { name: string; unit: number }[]>
  groupSynonyms: Record<string, string | null>
  brokerSynonyms: Record<string, string[]>
  values: SampleValues[]
}

const oracle: Oracle = JSON.parse(
  readFileSync(new URL('kafka-4.3.1-configs.json', import.meta.url), 'utf8'),
)

const openedOnce = 'listeners are opened at the start, and change with a restart'

/** What our row has instead; null where it lacks what Kafka's has. */
const differences: Readonly<
  Record<string, { row: { [K in keyof Row]?: Row[K] | null }; reason: string }>
> = {
  listeners: { row: { dynamic: null }, reason: openedOnce },
  'listener.security.protocol.map': { row: { dynamic: null }, reason: openedOnce },
  'controller.listener.names': {
    row: { default: '', required: null },
    reason: 'controllers talk over samsa.grpc.listener, so that a node needs no listener for them',
  },
}

function ourRow(table: ConfigTable, name: string): Row | undefined {
  const definition = table.get(name)
  if (definition === undefined) return undefined
  const { type, check, importance, internal, dynamic } = definition
  return {
    name,
    type,
    ...(definition.default === undefined
      ? { required: true }
      : { default: defaultText(definition) }),
    ...(check === undefined || check.description === '' ? {} : { validator: check.description }),
    importance,
    ...(internal ? { internal } : {}),
    ...(dynamic === 'read-only' ? {} : { dynamic }),
  }
}

function expected(row: Row): object {
  const different = { ...row, ...differences[row.name]?.row }
  return Object.fromEntries(
    Object.entries(different).filter(([field, value]) => field === 'default' || value !== null),
  )
}

// An empty entry names no replica, whatever Kafka's regular expression lets through.
const refusedHereOnly: Readonly<Record<string, readonly string[]>> = {
  'topic leader.replication.throttled.replicas': [','],
  'topic follower.replication.throttled.replicas': [','],
}

describe.each([
  { of: 'brokers', table: brokerConfigs, rows: [...oracle.broker, ...oracle.dynamicOnly] },
  { of: 'topics', table: topicConfigs, rows: oracle.topic },
  { of: 'groups', table: groupConfigs, rows: oracle.group },
  { of: 'client metrics', table: clientMetricsConfigs, rows: oracle.clientMetrics },
])('the configs of $of', ({ table, rows }) => {
  it.each(rows)('have $name as Kafka has it', (row) => {
    expect(ourRow(table, row.name)).toEqual(expected(row))
  })

  it('have no others but our own', () => {
    const known = new Set(rows.map(({ name }) => name))
    const others = table.definitions.map(({ name }) => name).filter((name) => !known.has(name))
    // Kafka's authorizer reads these for itself; no table of Kafka's has them.
    const ofAuthorizer = ['super.users', 'allow.everyone.if.no.acl.found']
    const foreign = others.filter((name) => !name.startsWith('samsa.'))
    expect(foreign.filter((name) => !ofAuthorizer.includes(name))).toEqual([])
  })

  it('have each name once', () => {
    const names = table.definitions.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  it('have a doc of one sentence or a few', () => {
    for (const { name, doc } of table.definitions) {
      expect(doc, name).toMatch(/^\S.{8,118}\.$/)
    }
  })
})

describe('the synonyms', () => {
  it.each(Object.entries(oracle.topicSynonyms))('of topic config %s are Kafka’s', (name, names) => {
    const server = topicServerDefaults[name] ?? ''
    expect(brokerSynonyms(server)).toEqual(names.map((synonym) => synonym.name))
  })

  it('leave the same topic configs without a broker default', () => {
    expect(Object.keys(topicServerDefaults).toSorted()).toEqual(
      Object.keys(oracle.topicSynonyms).toSorted(),
    )
  })

  it.each(Object.entries(oracle.groupSynonyms))(
    'of group config %s are Kafka’s',
    (name, server) => {
      expect(groupServerDefault(name) ?? null).toBe(server)
    },
  )

  it('of broker configs are Kafka’s', () => {
    for (const { name } of oracle.broker) {
      expect(brokerSynonyms(name), name).toEqual(oracle.brokerSynonyms[name] ?? [name])
    }
  })

  it('keep what only a running broker takes apart', () => {
    expect(dynamicOnlyConfigs.toSorted()).toEqual(
      oracle.dynamicOnly.map(({ name }) => name).toSorted(),
    )
  })
})

const tables: Readonly<Record<string, ConfigTable>> = {
  broker: brokerConfigs,
  topic: topicConfigs,
  group: groupConfigs,
}

describe('sample values', () => {
  const samples = oracle.values.flatMap(({ configs, accepts, refuses }) =>
    configs
      .filter((config) => config !== 'broker controller.listener.names')
      .map((config) => ({ config, accepts, refuses })),
  )

  it.each(samples)('are taken by $config as by Kafka', ({ config, accepts, refuses }) => {
    const [kind = '', name = ''] = config.split(' ')
    const definition = tables[kind]?.expect(name)
    if (definition === undefined) throw new Error(`no table of ${kind}`)
    for (const [text, printed] of Object.entries(accepts)) {
      if (refusedHereOnly[config]?.includes(text)) continue
      expect(formatConfig(definition, parseConfig(definition, text)), text).toBe(printed)
    }
    for (const text of refuses) {
      expect(() => parseConfig(definition, text), text).toThrow(ConfigError)
    }
  })
})
