// ListConfigResources (key 74), versions 0-1: names of the resources that have configs (KIP-1142).
// Version 0 asks for client metrics subscriptions only (KIP-714).
// Differs from Kafka: brokers are not listed once more as loggers, since loggers have no configs
// here.

import { resourceTypeCode, resourceTypeOf } from '@samsa/controller/configs'
import type { ConfigResourceType, MetadataImage } from '@samsa/controller/image'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { assertNever } from '../assert.ts'
import type { Handler, RequestOf } from './handler.ts'

const allTypes = ['topic', 'group', 'client-metrics', 'broker'] as const

export const listConfigResources: Handler<'listConfigResources'> = (request, services, context) => {
  const types = wantedTypes(request, context.apiVersion)
  if (types === null) return { errorCode: errorCodes.UNSUPPORTED_VERSION, configResources: [] }
  const image = services.metadata()
  const configResources = types.flatMap((type) => {
    const resourceType = resourceTypeCode(type)
    return namesOf(type, image).map((resourceName) => ({ resourceName, resourceType }))
  })
  return { errorCode: errorCodes.NONE, configResources }
}

/** null when a type is asked for that is none. */
function wantedTypes(
  { resourceTypes }: RequestOf<'listConfigResources'>,
  apiVersion: number,
): readonly ConfigResourceType[] | null {
  if (apiVersion === 0) return ['client-metrics']
  if (resourceTypes.length === 0) return allTypes
  const types = new Set<ConfigResourceType>()
  for (const code of resourceTypes) {
    const type = resourceTypeOf(code)
    if (type === undefined) return null
    types.add(type)
  }
  return [...types]
}

function namesOf(type: ConfigResourceType, image: MetadataImage): string[] {
  switch (type) {
    case 'topic':
      return [...image.topicsByName.keys()]
    case 'broker':
      return [...image.brokers.keys()].map(String)
    case 'group':
    case 'client-metrics':
      return overriddenNames(type, image)
    case 'broker-logger':
      return []
    default:
      return assertNever(type)
  }
}

/** Groups and subscriptions are known here only by what has been set for them. */
function overriddenNames(type: ConfigResourceType, image: MetadataImage): string[] {
  const prefix = `${type}:`
  return [...image.configs.keys()]
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length))
}
