// Configs: what AlterConfigs and IncrementalAlterConfigs come to as records, and their replay.
// Which names and values are allowed is the broker's knowledge and comes in as ConfigRules; that
// the resource exists is checked here.

import {
  type ConfigOutcome,
  type DecideContext,
  type Decision,
  outcomeOf,
  Refusal,
} from './decision.ts'
import { MetadataRecordError } from './errors.ts'
import type { MetadataDraft } from './image/draft.ts'
import {
  type ConfigOverrides,
  type ConfigResource,
  type ConfigResourceType,
  configKey,
  configOverrides,
  type MetadataImage,
} from './image.ts'
import type { NewRecord, RecordOf } from './records/record.ts'
import { hasEligibleLeaders, minInsyncReplicasConfig } from './replication/topic-rules.ts'
import type { AlterConfigs, AlterConfigsResult, IncrementalAlterConfigs } from './requests.ts'
import { topicNameProblem } from './topic-names.ts'

const resourceTypeCodes = {
  topic: 2,
  broker: 4,
  'broker-logger': 8,
  'client-metrics': 16,
  group: 32,
} as const satisfies Record<ConfigResourceType, number>

const resourceTypes = new Map(
  Object.entries(resourceTypeCodes).map(([type, code]) => [code as number, type]),
) as ReadonlyMap<number, ConfigResourceType>

/** The protocol's number for a resource type. */
export function resourceTypeCode(type: ConfigResourceType): number {
  return resourceTypeCodes[type]
}

/** The resource type of the protocol's number; undefined for a number that has none. */
export function resourceTypeOf(code: number): ConfigResourceType | undefined {
  return resourceTypes.get(code)
}

export function configRecord(
  resource: ConfigResource,
  name: string,
  value: string | null,
): NewRecord {
  return {
    type: 'config',
    resourceType: resourceTypeCode(resource.type),
    resourceName: resource.name,
    name,
    value,
  }
}

/** The overrides, unless the rules refuse them. */
export function accepted(outcome: ConfigOutcome): ConfigOverrides {
  if (outcome.type === 'accepted') return outcome.overrides
  throw new Refusal(outcome.error, outcome.message)
}

function checkName({ type, name }: ConfigResource): void {
  if (type !== 'topic' || name === '') return
  const problem = topicNameProblem(name)
  if (problem !== null) throw new Refusal('INVALID_TOPIC_EXCEPTION', problem)
}

function checkExists(image: MetadataImage, { type, name }: ConfigResource): void {
  if (type === 'topic' && !image.topicsByName.has(name)) {
    throw new Refusal('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`)
  }
  if (type === 'broker' && name !== '' && !image.brokers.has(Number(name))) {
    throw new Refusal('BROKER_ID_NOT_REGISTERED', `No node with id ${Number(name)} found.`)
  }
}

/**
 * With eligible leader replicas (KIP-966) the controller and all brokers must go by one number:
 * that of the topic or of the cluster.
 */
function checkMinInsyncReplicas(
  image: MetadataImage,
  { type, name }: ConfigResource,
  { before, after }: { before: ConfigOverrides; after: ConfigOverrides },
): void {
  if (type !== 'broker' || !hasEligibleLeaders(image)) return
  if (name === '' && before.has(minInsyncReplicasConfig) && !after.has(minInsyncReplicasConfig)) {
    throw new Refusal(
      'INVALID_CONFIG',
      'Cluster-level min.insync.replicas cannot be removed while ELR is enabled.',
    )
  }
  if (name !== '' && after.has(minInsyncReplicasConfig)) {
    throw new Refusal(
      'INVALID_CONFIG',
      'Broker-level min.insync.replicas cannot be altered while ELR is enabled.',
    )
  }
}

export function incrementalAlterConfigs(
  image: MetadataImage,
  request: IncrementalAlterConfigs,
  { configRules }: DecideContext,
): Decision<AlterConfigsResult[]> {
  return alterEach(image, request, (resource, before) => ({
    given: resource.changes.map(({ name }) => name),
    after: accepted(configRules.change(resource, before, resource.changes)),
  }))
}

/** Replaces all overrides: a name that is not given any more loses its override. */
export function alterConfigs(
  image: MetadataImage,
  request: AlterConfigs,
  { configRules }: DecideContext,
): Decision<AlterConfigsResult[]> {
  return alterEach(image, request, (resource) => ({
    given: resource.configs.map(({ name }) => name),
    after: accepted(configRules.replace(resource, resource.configs)),
  }))
}

interface Altered {
  /** Names that the request has for the resource, in its order. */
  readonly given: readonly string[]
  readonly after: ConfigOverrides
}

function alterEach<R extends ConfigResource>(
  image: MetadataImage,
  request: { readonly resources: readonly R[]; readonly validateOnly: boolean },
  alter: (resource: R, before: ConfigOverrides) => Altered,
): Decision<AlterConfigsResult[]> {
  const records: NewRecord[] = []
  const seen = new Set<string>()
  const response = request.resources.map((resource) => {
    const { type, name } = resource
    const outcome = outcomeOf(() => {
      const key = configKey(type, name)
      if (seen.has(key)) throw new Refusal('INVALID_REQUEST', 'Duplicate resource.')
      seen.add(key)
      checkName(resource)
      const before = configOverrides(image, type, name)
      const altered = alter(resource, before)
      checkExists(image, resource)
      checkMinInsyncReplicas(image, resource, { before, after: altered.after })
      records.push(...recordsOf(resource, before, altered))
    })
    return { type, name, ...outcome }
  })
  return { records: request.validateOnly ? [] : records, response }
}

function recordsOf(
  resource: ConfigResource,
  before: ConfigOverrides,
  { given, after }: Altered,
): NewRecord[] {
  // What is given, and what AlterConfigs takes away by not giving it.
  const names = new Set([...given, ...before.keys()])
  const records: NewRecord[] = []
  for (const name of names) {
    const value = after.get(name) ?? null
    const unchanged = value === (before.get(name) ?? null)
    // A broker reloads what a config names (a key store, say) even when the name stays the same
    // (KAFKA-14136).
    const reload = resource.type === 'broker' && given.includes(name)
    if (!unchanged || reload) records.push(configRecord(resource, name, value))
  }
  return records
}

export function replayConfig(draft: MetadataDraft, record: RecordOf<'config'>): void {
  const type = resourceTypeOf(record.resourceType)
  if (type === undefined) {
    throw new MetadataRecordError(`a config of resource type ${record.resourceType}: no such type`)
  }
  draft.setConfig({ type, name: record.resourceName }, record.name, record.value)
}
