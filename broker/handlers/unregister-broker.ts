// UnregisterBroker (key 64), version 0: forgets a broker that will not come back, so that it is
// told of no more (KIP-631). It stays a replica of its partitions until they are reassigned.
// Differs from Kafka: nothing known.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler } from './handler.ts'
import { errorFields, refusable } from './shared/ask-controller.ts'

export const unregisterBroker: Handler<'unregisterBroker'> = async ({ brokerId }, services) => {
  const asked = await refusable(services.controller.unregisterBroker(brokerId))
  if (asked.type === 'refused') return errorFields(asked.outcome)
  return { errorCode: errorCodes.NONE, errorMessage: null }
}
