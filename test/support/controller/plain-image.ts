// Images as plain data, for comparing them: maps may hold the same in another order.

import type { MetadataImage } from '@samsa/controller/image'

/** The image as plain data without an order of its own. */
export function plainImage(image: MetadataImage): unknown {
  const entries = (map: ReadonlyMap<string | number, unknown>) =>
    [...map]
      .map(([key, value]): [string, unknown] => [String(key), value])
      .sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    ...image,
    brokers: entries(image.brokers),
    controllers: entries(image.controllers),
    clientQuotas: entries(image.clientQuotas),
    accessControlEntries: entries(image.accessControlEntries),
    scramCredentials: entries(image.scramCredentials),
    delegationTokens: entries(image.delegationTokens),
    topicsByName: entries(image.topicsByName),
    topicsById: entries(image.topicsById),
    replicaCounts: entries(image.replicaCounts).map(([id, counts]) => [
      id,
      entries(counts as ReadonlyMap<string, number>),
    ]),
    configs: entries(image.configs).map(([key, overrides]) => [
      key,
      entries(overrides as ReadonlyMap<string, string>),
    ]),
    features: entries(image.features),
    collidingNames: entries(image.collidingNames).map(([key, colliding]) => [
      key,
      new Set(colliding as string[]),
    ]),
  }
}
