// Configs: what AlterConfigs and IncrementalAlterConfigs come to as records, and their replay. Which names and values
// are allowed is the broker's knowledge and comes in as ConfigRules; that the resource exists is checked here.

import { assertNever } from './assert.ts'
import {
  type ConfigRules,
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
  configOverrides,
  type MetadataImage,
} from './image.ts'
import type { NewRecord, RecordOf } from './records/record.ts'
import type {
  AlterConfigs,
  AlterConfigsResult,
  IncrementalAlterConfigs,
  IncrementalConfigChange,
  Outcome,
} from './requests.ts'
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

/** Why a resource cannot have these overrides; null when it can. */
export function overridesProblem(
  rules: ConfigRules,
  resource: ConfigResource,
  after: ConfigOverrides,
  before: ConfigOverrides,
): Outcome | null {
  const nameProblem = resourceNameProblem(resource)
  if (nameProblem !== null) return nameProblem
  const problem = rules.problem(resource, after, before)
  return problem === null ? null : { error: 'INVALID_CONFIG', message: problem }
}

function invalid(message: string): Outcome {
  return { error: 'INVALID_REQUEST', message }
}

function resourceNameProblem({ type, name }: ConfigResource): Outcome | null {
  switch (type) {
    case 'topic': {
      if (name === '') return invalid('Default topic resources are not allowed.')
      const problem = topicNameProblem(name)
      return problem === null ? null : { error: 'INVALID_TOPIC_EXCEPTION', message: problem }
    }
    case 'broker':
      if (name === '') return null
      if (!/^[+-]?\d{1,10}$/.test(name)) {
        return invalid('Unable to parse broker name as a base 10 number.')
      }
      return name.startsWith('-') ? invalid('Invalid negative broker ID.') : null
    case 'group':
      return name === '' ? invalid('Default group resources are not allowed.') : null
    case 'client-metrics':
      return name === '' ? invalid('Subscription name can not be empty') : null
    case 'broker-logger':
      return invalid('Unknown resource type BROKER_LOGGER')
    default:
      return assertNever(type)
  }
}

function checkExists(image: MetadataImage, { type, name }: ConfigResource): void {
  if (type === 'topic' && !image.topicsByName.has(name)) {
    throw new Refusal('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`)
  }
  if (type === 'broker' && name !== '' && !image.brokers.has(Number(name))) {
    throw new Refusal('BROKER_ID_NOT_REGISTERED', `No node with id ${Number(name)} found.`)
  }
}

/** Overrides of one resource being changed, and the records that do it. */
interface Change {
  readonly after: Map<string, string>
  readonly records: NewRecord[]
}

export function incrementalAlterConfigs(
  image: MetadataImage,
  request: IncrementalAlterConfigs,
  context: DecideContext,
): Decision<AlterConfigsResult[]> {
  return alterEach(image, request, context, (resource, before, change) => {
    for (const operation of resource.changes) {
      const value = appliedValue(resource, operation, before.get(operation.name), context)
      setOverride(change, resource, before, { name: operation.name, value })
    }
  })
}

/** Replaces all overrides: a name that is not given any more loses its override. */
export function alterConfigs(
  image: MetadataImage,
  request: AlterConfigs,
  context: DecideContext,
): Decision<AlterConfigsResult[]> {
  return alterEach(image, request, context, (resource, before, change) => {
    const kept = new Set(resource.configs.map(({ name }) => name))
    for (const entry of resource.configs) setOverride(change, resource, before, entry)
    for (const name of before.keys()) {
      if (!kept.has(name)) setOverride(change, resource, before, { name, value: null })
    }
  })
}

function alterEach<R extends ConfigResource>(
  image: MetadataImage,
  request: { readonly resources: readonly R[]; readonly validateOnly: boolean },
  context: DecideContext,
  alter: (resource: R, before: ConfigOverrides, change: Change) => void,
): Decision<AlterConfigsResult[]> {
  const records: NewRecord[] = []
  const seen = new Set<string>()
  const response = request.resources.map((resource) => {
    const { type, name } = resource
    const outcome = outcomeOf(() => {
      const key = `${type}:${name}`
      if (seen.has(key)) throw new Refusal('INVALID_REQUEST', 'Duplicate resource.')
      seen.add(key)
      const before = configOverrides(image, type, name)
      const change: Change = { after: new Map(before), records: [] }
      alter(resource, before, change)
      const problem = overridesProblem(context.configRules, resource, change.after, before)
      if (problem !== null) throw new Refusal(problem.error, problem.message ?? '')
      checkExists(image, resource)
      records.push(...change.records)
    })
    return { type, name, ...outcome }
  })
  return { records: request.validateOnly ? [] : records, response }
}

function setOverride(
  change: Change,
  resource: ConfigResource,
  before: ConfigOverrides,
  { name, value }: { name: string; value: string | null },
): void {
  if (value === null) change.after.delete(name)
  else change.after.set(name, value)
  // A broker reloads what a config names (a key store, say) even when the name stays the same (KAFKA-14136).
  if ((before.get(name) ?? null) !== value || resource.type === 'broker') {
    change.records.push(configRecord(resource, name, value))
  }
}

function appliedValue(
  resource: ConfigResource,
  { name, operation, value }: IncrementalConfigChange,
  before: string | undefined,
  { configRules }: DecideContext,
): string | null {
  switch (operation) {
    case 'set':
      return value
    case 'delete':
      return null
    case 'append':
    case 'subtract': {
      if (!configRules.isList(resource, name)) {
        throw new Refusal(
          'INVALID_CONFIG',
          `Can't ${operation.toUpperCase()} to key ${name} because its type is not LIST.`,
        )
      }
      const parts = listOf(before ?? configRules.defaultOf(resource, name))
      const given = (value ?? '').split(',')
      return operation === 'append' ? appended(parts, given) : subtracted(parts, given)
    }
    default:
      return assertNever(operation)
  }
}

function listOf(value: string): string[] {
  return value.split(',').filter((part) => part !== '')
}

function appended(parts: readonly string[], given: readonly string[]): string {
  return [...new Set([...parts, ...given])].join(',')
}

function subtracted(parts: readonly string[], given: readonly string[]): string {
  return parts.filter((part) => !given.includes(part)).join(',')
}

export function replayConfig(draft: MetadataDraft, record: RecordOf<'config'>): void {
  const type = resourceTypeOf(record.resourceType)
  if (type === undefined) {
    throw new MetadataRecordError(`a config of resource type ${record.resourceType}: no such type`)
  }
  draft.setConfig({ type, name: record.resourceName }, record.name, record.value)
}
