// AlterConfigs (key 33), versions 0-2: replaces all overrides of a resource (KIP-133);
// IncrementalAlterConfigs is the newer form. Topics, this broker, the default of all brokers (name
// ''), groups, client metrics subscriptions. Differs from Kafka: nothing known.

import { resourceTypeCode } from '@samsa/controller/configs'
import { replaceOverrides } from '../config/alter.ts'
import type { Handler } from './handler.ts'
import { alterResources, unknownType } from './shared/config-resources.ts'

export const alterConfigs: Handler<'alterConfigs'> = (request, services) =>
  alterResources(services, request.resources, {
    // The older form never had loggers.
    check: ({ resourceType }) =>
      resourceType === resourceTypeCode('broker-logger') ? unknownType(resourceType) : null,
    resourceOf: ({ resourceName, configs }, type) => ({ type, name: resourceName, configs }),
    apply: (config, resource) => replaceOverrides(config, resource, resource.configs),
    alter: (resources) =>
      services.controller.alterConfigs({ resources, validateOnly: request.validateOnly }),
  })
