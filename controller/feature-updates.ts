// UpdateFeatures (KIP-584, KIP-1022): the levels that the whole cluster serves by. All of a request
// is done or none; a level is only finalized where every registered broker can serve it, and only
// lowered where nothing in the metadata depends on it.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { configRecord } from './configs.ts'
import { type DecideContext, type Decision, duplicatesOf, outcomeOf, Refusal } from './decision.ts'
import {
  eligibleLeaders,
  featureRecord,
  kafkaMetadataVersion,
  metadataLevelFeature,
  minInsyncReplicasUnset,
  supportedFeatures,
} from './features.ts'
import { imageAfter } from './image/advance.ts'
import { configOverrides, type FeatureRange, type MetadataImage } from './image.ts'
import type { NewRecord } from './records/record.ts'
import { changesWithoutEligibleLeaders } from './replication/config-effects.ts'
import { hasEligibleLeaders, minInsyncReplicasConfig } from './replication/topic-rules.ts'
import type { Outcome, UpdateFeature, UpdateFeatureResult, UpdateFeatures } from './requests.ts'

/** Levels of metadata.version that brought records which earlier ones do not know, as in Kafka. */
const metadataVersionsThatChanged = [8, 11, 13, 14, 15, 17, 23, 30]

export function updateFeatures(
  image: MetadataImage,
  { updates, validateOnly }: UpdateFeatures,
  { topicDefaults }: Pick<DecideContext, 'topicDefaults'>,
): Decision<UpdateFeatureResult[]> {
  const duplicates = duplicatesOf(updates.map(({ name }) => name))
  const wanted = new Map([
    ...image.features,
    ...updates.map(({ name, maxVersionLevel }) => [name, maxVersionLevel] as const),
  ])
  let failure: Outcome | undefined
  for (const update of updates) {
    const outcome = outcomeOf(() => {
      if (duplicates.has(update.name)) {
        throw new Refusal('INVALID_REQUEST', `Feature ${update.name} is given more than once.`)
      }
      checkUpdate(image, update, wanted)
    })
    if (outcome.error !== 'NONE') failure ??= outcome
  }
  const outcome = failure ?? { error: 'NONE' as const, message: null }
  const response = updates.map(({ name }) => ({ name, ...outcome }))
  if (failure !== undefined || validateOnly) return { records: [], response }
  const records = updates
    .filter(({ name, maxVersionLevel }) => maxVersionLevel !== levelOf(image, name))
    .map(({ name, maxVersionLevel }) => featureRecord(name, maxVersionLevel))
  records.push(...consequences(image, imageAfter(image, records), topicDefaults))
  return { records, response }
}

function levelOf(image: MetadataImage, name: string): number {
  return image.features.get(name) ?? 0
}

function checkUpdate(
  image: MetadataImage,
  { name, maxVersionLevel: level, upgradeType }: UpdateFeature,
  wanted: ReadonlyMap<string, number>,
): void {
  const refuse = (why: string, error: KafkaErrorName = 'INVALID_UPDATE_VERSION'): never => {
    throw new Refusal(error, `Invalid update version ${level} for feature ${name}. ${why}`)
  }
  const present = levelOf(image, name)
  if (level < 0) refuse('A feature version cannot be less than 0.')
  if (!supportedFeatures.some((range) => range.name === name)) {
    refuse(`Local controller ${image.controllerId} does not support this feature.`)
  }
  const unsupported = reasonNotSupported(image, name, level)
  if (unsupported !== null) refuse(unsupported)
  if (level < present && upgradeType === 'upgrade') {
    refuse(
      "Can't downgrade the version of this feature without setting the upgrade type to either " +
        'safe or unsafe downgrade.',
    )
  }
  if (level > present && upgradeType !== 'upgrade') refuse("Can't downgrade to a newer version.")
  if (name === kafkaMetadataVersion.name) checkMetadataVersion(level, present, upgradeType, refuse)
  if (name === metadataLevelFeature && level < present) {
    refuse(
      'Refusing to perform the requested downgrade because it might delete metadata information.',
    )
  }
  const needed = eligibleLeaders.metadataVersionMin
  const elrWanted = (wanted.get(eligibleLeaders.name) ?? 0) > 0
  const concerned = name === eligibleLeaders.name || name === kafkaMetadataVersion.name
  if (concerned && elrWanted && (wanted.get(kafkaMetadataVersion.name) ?? 0) < needed) {
    refuse(
      `${eligibleLeaders.name} could not be set to ${wanted.get(eligibleLeaders.name)} because it ` +
        `depends on metadata.version level ${needed}`,
    )
  }
}

function checkMetadataVersion(
  level: number,
  present: number,
  upgradeType: UpdateFeature['upgradeType'],
  refuse: (why: string) => never,
): void {
  const changed = metadataVersionsThatChanged.some((each) => each > level && each <= present)
  if (!changed) return
  if (upgradeType === 'unsafe-downgrade') {
    refuse('Unsafe metadata downgrade is not supported in this version.')
  }
  refuse(
    'Refusing to perform the requested downgrade because it might delete metadata information.',
  )
}

function reasonNotSupported(image: MetadataImage, name: string, level: number): string | null {
  const own = supportedFeatures.find((range) => range.name === name)
  const here = reasonNotIn(`Local controller ${image.controllerId}`, own, level)
  if (here !== null) return here
  for (const broker of image.brokers.values()) {
    const range = broker.features.find((each) => each.name === name)
    const reason = reasonNotIn(`Broker ${broker.id}`, range, level)
    if (reason !== null) return reason
  }
  return null
}

/** Whoever does not know a feature can only have it off, which is level 0. */
function reasonNotIn(who: string, range: FeatureRange | undefined, level: number): string | null {
  const { minVersion, maxVersion } = range ?? { minVersion: 0, maxVersion: 0 }
  if (level >= minVersion && level <= maxVersion) return null
  if (maxVersion === 0) return `${who} does not support this feature.`
  const versions = minVersion === maxVersion ? `${minVersion}` : `${minVersion}-${maxVersion}`
  return `${who} only supports versions ${versions}`
}

/** What else a change of levels takes, so that every state of the metadata is sound. */
function consequences(
  before: MetadataImage,
  after: MetadataImage,
  topicDefaults: DecideContext['topicDefaults'],
): NewRecord[] {
  const had = hasEligibleLeaders(before)
  const has = hasEligibleLeaders(after)
  if (had === has) return []
  return has
    ? oneMinInsyncReplicas(after, topicDefaults.minInsyncReplicas)
    : changesWithoutEligibleLeaders(after, topicDefaults)
}

/**
 * From now on min.insync.replicas is the same for all brokers: one that let the high watermark move
 * with fewer would leave replicas behind that the controller takes for eligible (KIP-966).
 */
function oneMinInsyncReplicas(image: MetadataImage, value: number): NewRecord[] {
  const records: NewRecord[] = []
  const known = configOverrides(image, 'broker', '').has(minInsyncReplicasConfig)
  if (!known && value !== minInsyncReplicasUnset) {
    const cluster = { type: 'broker', name: '' } as const
    records.push(configRecord(cluster, minInsyncReplicasConfig, String(value)))
  }
  for (const { id } of image.brokers.values()) {
    const broker = { type: 'broker', name: String(id) } as const
    if (configOverrides(image, 'broker', broker.name).has(minInsyncReplicasConfig)) {
      records.push(configRecord(broker, minInsyncReplicasConfig, null))
    }
  }
  return records
}
