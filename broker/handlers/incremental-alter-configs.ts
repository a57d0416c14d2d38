// IncrementalAlterConfigs (key 44), versions 0-1: sets, deletes, appends to and subtracts from
// single configs (KIP-339). Topics, this broker, the default of all brokers (name ''), groups,
// client metrics subscriptions. Differs from Kafka: loggers (KIP-412) are refused with
// INVALID_REQUEST, since samsa.log.level is one setting for all; an operation that is not known is
// INVALID_REQUEST, where Kafka fails with UNKNOWN_SERVER_ERROR.

import type { Outcome } from '@samsa/controller/requests'
import { alterOperations, applyChanges } from '../config/alter.ts'
import type { Handler, RequestOf } from './handler.ts'
import { alterResources } from './shared/config-resources.ts'

type Resource = RequestOf<'incrementalAlterConfigs'>['resources'][number]

export const incrementalAlterConfigs: Handler<'incrementalAlterConfigs'> = (request, services) =>
  alterResources(services, request.resources, {
    check: unknownOperation,
    resourceOf: ({ resourceName, configs }, type) => ({
      type,
      name: resourceName,
      changes: configs.map(({ name, configOperation, value }) => ({
        name,
        operation: alterOperations[configOperation] ?? 'set',
        value,
      })),
    }),
    apply: (config, resource, before) => applyChanges(config, resource, before, resource.changes),
    alter: (resources) =>
      services.controller.incrementalAlterConfigs({
        resources,
        validateOnly: request.validateOnly,
      }),
  })

function unknownOperation({ configs }: Resource): Outcome | null {
  const unknown = configs.find(({ configOperation }) => !(configOperation in alterOperations))
  if (unknown === undefined) return null
  return {
    error: 'INVALID_REQUEST',
    message: `Unknown operations type ${unknown.configOperation}`,
  }
}
