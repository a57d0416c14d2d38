// UpdateFeatures (key 57): raises or lowers finalized features of the cluster. KIP-584, KIP-778
// upgrade types and validate-only (v1), KIP-1022 no result per feature (v2).

import { message } from '../wire/message.ts'
import { array, boolean, field, int8, int16, int32, nullable, string } from '../wire/types.ts'

export const updateFeaturesRequest = message(
  { name: 'UpdateFeaturesRequest', versions: '0-2', flexible: '0+' },
  {
    timeoutMs: field(int32, { default: 60000 }),
    featureUpdates: array({
      feature: string,
      maxVersionLevel: int16,
      allowDowngrade: field(boolean, { until: 0 }),
      // 1: upgrade; 2: downgrade that loses nothing; 3: downgrade that may lose metadata.
      upgradeType: field(int8, { since: 1, default: 1 }),
    }),
    validateOnly: field(boolean, { since: 1 }),
  },
)

export const updateFeaturesResponse = message(
  { name: 'UpdateFeaturesResponse', versions: '0-2', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    errorMessage: nullable(string),
    results: field(
      array({
        feature: string,
        errorCode: int16,
        errorMessage: nullable(string),
      }),
      { until: 1, ignorable: true },
    ),
  },
)
