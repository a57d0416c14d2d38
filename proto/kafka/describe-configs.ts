// DescribeConfigs (key 32): configs of topics, brokers, groups and client metrics, with their
// sources. KIP-133, KIP-226 synonyms and sources (v1), KIP-569 types and documentation (v3).

import { message } from '../wire/message.ts'
import { array, boolean, field, int8, int16, int32, nullable, string } from '../wire/types.ts'

export const describeConfigsRequest = message(
  { name: 'DescribeConfigsRequest', versions: '1-4', flexible: '4+' },
  {
    resources: array({
      resourceType: int8,
      resourceName: string,
      configurationKeys: nullable(array(string)),
    }),
    includeSynonyms: field(boolean),
    includeDocumentation: field(boolean, { since: 3 }),
  },
)

export const describeConfigsResponse = message(
  { name: 'DescribeConfigsResponse', versions: '1-4', flexible: '4+' },
  {
    throttleTimeMs: field(int32),
    results: array({
      errorCode: int16,
      errorMessage: nullable(string),
      resourceType: int8,
      resourceName: string,
      configs: array({
        name: string,
        value: nullable(string),
        readOnly: boolean,
        configSource: field(int8, { default: -1 }),
        isSensitive: boolean,
        synonyms: array({
          name: string,
          value: nullable(string),
          source: int8,
        }),
        configType: field(int8, { since: 3, ignorable: true }),
        documentation: field(nullable(string), { since: 3, ignorable: true }),
      }),
    }),
  },
)
