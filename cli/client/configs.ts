// Configs of topics, brokers, groups and client metrics subscriptions: read and changed one at a
// time (KIP-339). A broker's configs are asked of that broker, everything else of any.

import type { Cluster } from './cluster.ts'
import type { ResponseOf } from './connection.ts'
import { throwIfError } from './errors.ts'
import { configResourcesMax } from './limits.ts'

export const resourceTypes = { topic: 2, broker: 4, 'client-metrics': 16, group: 32 } as const

export interface ConfigResource {
  readonly type: keyof typeof resourceTypes
  /** A topic, a group, a subscription, or a broker's id; '' for the default of all brokers. */
  readonly name: string
}

export interface Config {
  readonly name: string
  readonly value: string | null
  readonly source: string
  readonly isDefault: boolean
  readonly isReadOnly: boolean
  readonly isSensitive: boolean
  readonly documentation: string | null
}

/** Where a config comes from, by the codes of the protocol. */
const sources: readonly string[] = [
  'unknown',
  'topic',
  'broker',
  'all brokers',
  'file',
  'default',
  'broker logger',
  'client metrics',
  'group',
]
const defaultSource = 5

export async function describeConfigs(
  cluster: Cluster,
  resource: ConfigResource,
  names: readonly string[] | null,
  includeDocumentation = false,
): Promise<Config[]> {
  const body = {
    resources: [
      {
        resourceType: resourceTypes[resource.type],
        resourceName: resource.name,
        configurationKeys: names,
      },
    ],
    includeSynonyms: false,
    includeDocumentation,
  }
  return await cluster.retrying(async () => {
    const brokerId = await brokerOf(cluster, resource)
    const { response } = await (brokerId === undefined
      ? cluster.toAny('describeConfigs', (version) => trimmed(body, version))
      : cluster.toBroker(brokerId, 'describeConfigs', (version) => trimmed(body, version)))
    const [result] = response.results
    throwIfError(result?.errorCode ?? 0, describe(resource), result?.errorMessage)
    return (result?.configs ?? []).map(configOf)
  })
}

/** One config of many topics; topics that are gone by now are left out. */
export async function topicConfig(
  cluster: Cluster,
  topics: readonly string[],
  name: string,
): Promise<Map<string, string>> {
  const values = new Map<string, string>()
  for (let from = 0; from < topics.length; from += configResourcesMax) {
    const resources = topics.slice(from, from + configResourcesMax).map((resourceName) => ({
      resourceType: resourceTypes.topic,
      resourceName,
      configurationKeys: [name],
    }))
    const body = { resources, includeSynonyms: false, includeDocumentation: false }
    const { response } = await cluster.retrying(() => cluster.toAny('describeConfigs', body))
    for (const { resourceName, configs } of response.results) {
      const value = configs[0]?.value
      if (typeof value === 'string') values.set(resourceName, value)
    }
  }
  return values
}

/** Brokers before version 3 of the API have no documentation to give. */
function trimmed<B extends { includeDocumentation: boolean }>(body: B, version: number): B {
  return version >= 3 ? body : { ...body, includeDocumentation: false }
}

export interface ConfigChange {
  readonly name: string
  /** null: back to the default. */
  readonly value: string | null
}

const operationSet = 0
const operationDelete = 1

export async function changeConfigs(
  cluster: Cluster,
  resource: ConfigResource,
  changes: readonly ConfigChange[],
  validateOnly = false,
): Promise<void> {
  const body = {
    resources: [
      {
        resourceType: resourceTypes[resource.type],
        resourceName: resource.name,
        configs: changes.map(({ name, value }) => ({
          name,
          configOperation: value === null ? operationDelete : operationSet,
          value,
        })),
      },
    ],
    validateOnly,
  }
  await cluster.retrying(async () => {
    const brokerId = await brokerOf(cluster, resource)
    const response =
      brokerId === undefined
        ? await cluster.toController('incrementalAlterConfigs', body)
        : (await cluster.toBroker(brokerId, 'incrementalAlterConfigs', body)).response
    for (const { errorCode, errorMessage } of response.responses) {
      throwIfError(errorCode, describe(resource), errorMessage)
    }
  })
}

export function describe({ type, name }: ConfigResource): string {
  return type === 'broker' && name === '' ? 'default of all brokers' : `${type} ${name}`
}

async function brokerOf(
  cluster: Cluster,
  { type, name }: ConfigResource,
): Promise<number | undefined> {
  if (type !== 'broker' || name === '') return undefined
  if (cluster.brokers.length === 0) await cluster.refresh([])
  return Number(name)
}

type AnsweredConfig = ResponseOf<'describeConfigs'>['results'][number]['configs'][number]

function configOf(answered: AnsweredConfig): Config {
  return {
    name: answered.name,
    value: answered.value,
    source: sources[answered.configSource] ?? 'unknown',
    isDefault: answered.configSource === defaultSource,
    isReadOnly: answered.readOnly,
    isSensitive: answered.isSensitive,
    documentation: answered.documentation,
  }
}
