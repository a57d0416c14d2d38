// The delta between two whole images, for when a snapshot replaces everything that was applied
// before it.

import type { ConfigOverrides, MetadataDelta, MetadataImage } from '../image.ts'

function sameOverrides(a: ConfigOverrides | undefined, b: ConfigOverrides | undefined): boolean {
  if (a === b) return true
  if (a === undefined || b === undefined || a.size !== b.size) return false
  for (const [name, value] of a) if (b.get(name) !== value) return false
  return true
}

function sameEntries<K, V>(a: ReadonlyMap<K, V>, b: ReadonlyMap<K, V>): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [key, value] of a) {
    const other = b.get(key)
    if (other !== value && JSON.stringify(other) !== JSON.stringify(value)) return false
  }
  return true
}

type Quotas = MetadataImage['clientQuotas']

function sameQuotas(a: Quotas, b: Quotas): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [key, { values }] of a) {
    const other = b.get(key)?.values
    if (other?.size !== values.size) return false
    for (const [name, value] of values) if (other.get(name) !== value) return false
  }
  return true
}

export function diffImages(from: MetadataImage, to: MetadataImage): MetadataDelta {
  const changedTopics = new Set<string>()
  for (const [id, topic] of to.topicsById) {
    const before = from.topicsById.get(id)
    if (before !== topic && JSON.stringify(before) !== JSON.stringify(topic)) changedTopics.add(id)
  }
  const deletedTopics = [...from.topicsById.values()].filter(({ id }) => !to.topicsById.has(id))
  const changedConfigs = new Set<string>()
  for (const key of new Set([...from.configs.keys(), ...to.configs.keys()])) {
    if (!sameOverrides(from.configs.get(key), to.configs.get(key))) changedConfigs.add(key)
  }
  return {
    from: from.offset,
    to: to.offset,
    changedTopics,
    deletedTopics,
    changedConfigs,
    brokersChanged: !sameEntries(from.brokers, to.brokers),
    controllersChanged: !sameEntries(from.controllers, to.controllers),
    featuresChanged: !sameEntries(from.features, to.features),
    quotasChanged: !sameQuotas(from.clientQuotas, to.clientQuotas),
    securityChanged:
      !sameEntries(from.accessControlEntries, to.accessControlEntries) ||
      !sameEntries(from.scramCredentials, to.scramCredentials) ||
      !sameEntries(from.delegationTokens, to.delegationTokens),
  }
}
