// DescribeConfigs (key 32), versions 1-4: all configs of a resource, or those asked for, with where
// each value comes from (KIP-226), types and documentation (KIP-569). Topics, this broker, what is
// set for all brokers (name ''), groups, client metrics subscriptions.
// Differs from Kafka: loggers are refused with INVALID_REQUEST; a resource type that is not known
// is an error of that resource, where Kafka refuses the whole request.

import { resourceTypeOf } from '@samsa/controller/configs'
import { configOverrides } from '@samsa/controller/image'
import { topicNameProblem } from '@samsa/controller/topic-names'
import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { assertNever } from '../assert.ts'
import {
  type ConfigRow,
  describeBroker,
  describeBrokerDefaults,
  describeClientMetrics,
  describeGroup,
  describeTopic,
} from '../config/describe.ts'
import { BrokerError } from '../errors.ts'
import type { Services } from '../services.ts'
import type { Handler, RequestOf, ResponseOf } from './handler.ts'
import { unknownType } from './shared/config-resources.ts'

type Request = RequestOf<'describeConfigs'>
type Resource = Request['resources'][number]
type Result = ResponseOf<'describeConfigs'>['results'][number]

export const describeConfigs: Handler<'describeConfigs'> = (request, services) => ({
  results: request.resources.map((resource) => describe(resource, request, services)),
})

function describe(resource: Resource, request: Request, services: Services): Result {
  const { resourceType, resourceName, configurationKeys } = resource
  try {
    const rows = rowsOf(resource, services)
    const wanted =
      configurationKeys === null || configurationKeys.length === 0
        ? rows
        : rows.filter(({ name }) => configurationKeys.includes(name))
    const configs = wanted.map((row) => configOf(row, request))
    return { errorCode: errorCodes.NONE, errorMessage: '', resourceType, resourceName, configs }
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error
    const { kafkaError, message: errorMessage } = error
    const errorCode = errorCodes[kafkaError]
    return { errorCode, errorMessage, resourceType, resourceName, configs: [] }
  }
}

function rowsOf({ resourceType, resourceName: name }: Resource, services: Services): ConfigRow[] {
  const type = resourceTypeOf(resourceType)
  const config = services.config()
  const image = services.metadata()
  switch (type) {
    case 'topic': {
      const problem = topicNameProblem(name)
      if (problem !== null) refuse('INVALID_TOPIC_EXCEPTION', problem)
      if (!image.topicsByName.has(name)) refuse('UNKNOWN_TOPIC_OR_PARTITION', '')
      return describeTopic(config, configOverrides(image, type, name))
    }
    case 'broker':
      if (name === '') return describeBrokerDefaults(config)
      checkBrokerName(name, services.nodeId)
      return describeBroker(config)
    case 'group':
      if (name === '') refuse('INVALID_REQUEST', 'Group name must not be empty')
      return describeGroup(config, configOverrides(image, type, name))
    case 'client-metrics':
      if (name === '') {
        refuse('INVALID_REQUEST', 'Client metrics subscription name must not be empty')
      }
      return describeClientMetrics(configOverrides(image, type, name))
    case 'broker-logger':
      return refuse('INVALID_REQUEST', 'There are no single loggers here: use samsa.log.level')
    case undefined:
      return refuse('INVALID_REQUEST', unknownType(resourceType).message ?? '')
    default:
      return assertNever(type)
  }
}

function refuse(error: KafkaErrorName, message: string): never {
  throw new BrokerError(error, message)
}

function checkBrokerName(name: string, nodeId: number): void {
  if (!/^[+-]?\d{1,10}$/.test(name)) {
    refuse('INVALID_REQUEST', `Broker id must be an integer, but it is: ${name}`)
  }
  if (Number(name) !== nodeId) {
    refuse(
      'INVALID_REQUEST',
      `Unexpected broker id, expected ${nodeId} or empty string, but received ${name}`,
    )
  }
}

function configOf(row: ConfigRow, request: Request): Result['configs'][number] {
  return {
    name: row.name,
    value: row.value,
    readOnly: row.readOnly,
    configSource: row.source,
    isSensitive: row.isSensitive,
    synonyms: request.includeSynonyms ? row.synonyms : [],
    configType: row.configType,
    documentation: request.includeDocumentation ? row.documentation : null,
  }
}
