// DescribeConfigs (key 32): configs of topics, brokers, groups and client metrics, with their
// sources. KIP-133, KIP-226 synonyms and sources (v1), KIP-569 types and documentation (v3).

import { message } from '../wire/message.ts'
import { array, boolean, field, int8, int16, int32, nullable, string } from '../wire/types.ts'

export const describeConfigsRequest = message(
  { name: 'DescribeConfigsRequest', versions: '1-4', flexible: '4+' },
  {
    resources: array({
      // 2: topic; 4: broker; 8: broker logger; 16: client metrics; 32: group.
      resourceType: int8,
      resourceName: string,
      // Null asks for all.
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
        // 1: topic; 2: one broker; 3: default of all brokers; 4: file of the broker; 5: built in;
        // 6: broker logger; 7: client metrics; 8: group.
        configSource: field(int8, { default: -1 }),
        isSensitive: boolean,
        synonyms: array({
          name: string,
          value: nullable(string),
          source: int8,
        }),
        // 1: boolean; 2: string; 3: int; 4: short; 5: long; 6: double; 7: list; 8: class; 9:
        // password.
        configType: field(int8, { since: 3, ignorable: true }),
        documentation: field(nullable(string), { since: 3, ignorable: true }),
      }),
    }),
  },
)
