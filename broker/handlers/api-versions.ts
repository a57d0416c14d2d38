// ApiVersions (key 18), versions 0-4: which APIs and versions this node serves, and the finalized
// features. KIP-511 client names, KIP-584 features, KIP-1022 (v4: features that start at version
// 0).
// Differs from Kafka: nothing known.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler } from './handler.ts'

/** KIP-511: letters and digits, with dots and dashes in between. */
const softwarePattern = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

export const apiVersions: Handler<'apiVersions'> = (request, services, context) => {
  if (context.apiVersion >= 3) {
    const { clientSoftwareName: name, clientSoftwareVersion: version } = request
    if (!softwarePattern.test(name) || !softwarePattern.test(version)) {
      return { errorCode: errorCodes.INVALID_REQUEST, apiKeys: [] }
    }
    context.connection.client = { name, version }
  }
  const image = services.metadata()
  const finalized = [...image.features].filter(([, level]) => level > 0)
  return {
    errorCode: errorCodes.NONE,
    apiKeys: [...services.advertisedApis],
    // Clients of version 3 cannot read a range that starts at 0 (KAFKA-17011).
    supportedFeatures: services.supportedFeatures
      .filter(({ minVersion }) => context.apiVersion >= 4 || minVersion > 0)
      .map((feature) => ({ ...feature })),
    finalizedFeaturesEpoch: image.offset,
    finalizedFeatures: finalized.map(([name, level]) => ({
      name,
      minVersionLevel: level,
      maxVersionLevel: level,
    })),
  }
}
