// UpdateFeatures (key 57), versions 0-2: raises or lowers levels of features for the whole cluster,
// all of them or none. KIP-584, KIP-778 upgrade types and validate-only (v1), KIP-1022 one error
// for all (v2).
// Differs from Kafka: nothing known.

import type { Outcome, UpdateFeature } from '@samsa/controller/requests'
import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler, RequestOf, ResponseOf } from './handler.ts'
import { askController, errorFields } from './shared/ask-controller.ts'

type Update = RequestOf<'updateFeatures'>['featureUpdates'][number]

/** By their codes in the protocol. */
const upgradeTypes: Readonly<Record<number, UpdateFeature['upgradeType']>> = {
  1: 'upgrade',
  2: 'safe-downgrade',
  3: 'unsafe-downgrade',
}

export const updateFeatures: Handler<'updateFeatures'> = async (request, services, context) => {
  const updates: UpdateFeature[] = []
  for (const update of request.featureUpdates) {
    const upgradeType = upgradeTypeOf(update, context.apiVersion)
    if (upgradeType === undefined) return refused(ofAll(unknownUpgradeType(update)))
    updates.push({ name: update.feature, maxVersionLevel: update.maxVersionLevel, upgradeType })
  }
  const asked = await askController(services, request.timeoutMs, () =>
    services.controller.updateFeatures({ updates, validateOnly: request.validateOnly }),
  )
  if (asked.type === 'refused') return refused(asked.outcome)
  const failed = asked.answer.find(({ error }) => error !== 'NONE')
  if (failed !== undefined) return refused(ofAll(failed))
  const results = request.featureUpdates.map(({ feature }) => ({
    feature,
    errorCode: errorCodes.NONE,
    errorMessage: null,
  }))
  return { errorCode: errorCodes.NONE, errorMessage: null, results }
}

function upgradeTypeOf(
  { upgradeType, allowDowngrade }: Update,
  apiVersion: number,
): UpdateFeature['upgradeType'] | undefined {
  if (apiVersion > 0) return upgradeTypes[upgradeType]
  return allowDowngrade ? 'safe-downgrade' : 'upgrade'
}

function unknownUpgradeType({ feature, maxVersionLevel }: Update): Outcome {
  return {
    error: 'INVALID_UPDATE_VERSION',
    message:
      `Invalid update version ${maxVersionLevel} for feature ${feature}. ` +
      'The controller does not support the given upgrade type.',
  }
}

/** One wrong update refuses all, and Kafka says so in front of the reason. */
function ofAll({ error, message }: Outcome): Outcome {
  const why = 'The update failed for all features since the following feature had an error'
  return { error, message: `${why}: ${message ?? error}` }
}

function refused(outcome: Outcome): ResponseOf<'updateFeatures'> {
  return { ...errorFields(outcome), results: [] }
}
