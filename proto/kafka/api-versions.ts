// ApiVersions (key 18): what the broker speaks; the first request of every client. KIP-511 client
// software (v3) and the answer in v0 to an unknown version, KIP-584 features (v3).

import { message } from '../wire/message.ts'
import { array, boolean, field, int16, int32, int64, string, tagged } from '../wire/types.ts'

export const apiVersionsRequest = message(
  { name: 'ApiVersionsRequest', versions: '0-4', flexible: '3+' },
  {
    clientSoftwareName: field(string, { since: 3, ignorable: true }),
    clientSoftwareVersion: field(string, { since: 3, ignorable: true }),
  },
)

export const apiVersionsResponse = message(
  { name: 'ApiVersionsResponse', versions: '0-4', flexible: '3+' },
  {
    errorCode: int16,
    apiKeys: array({
      apiKey: int16,
      minVersion: int16,
      maxVersion: int16,
    }),
    throttleTimeMs: field(int32, { since: 1, ignorable: true }),
    supportedFeatures: tagged(
      0,
      array({
        name: string,
        minVersion: int16,
        maxVersion: int16,
      }),
      { since: 3, ignorable: true },
    ),
    finalizedFeaturesEpoch: tagged(1, int64, { since: 3, default: -1, ignorable: true }),
    finalizedFeatures: tagged(
      2,
      array({
        name: string,
        maxVersionLevel: int16,
        minVersionLevel: int16,
      }),
      { since: 3, ignorable: true },
    ),
    zkMigrationReady: tagged(3, boolean, { since: 3, ignorable: true }),
  },
)
