// PushTelemetry (key 72), version 0: the metrics of a client, in OTLP (KIP-714). They are shown at
// /metrics for as long as the client pushes, and for three push intervals after its last.
// Differs from Kafka: gauges and sums are kept, histograms and summaries are not; of what one
// client and all clients may have in series there is a limit, and what is beyond is dropped.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { BrokerError, errorCodeOf } from '../errors.ts'
import { callerOf } from './get-telemetry-subscriptions.ts'
import type { Handler } from './handler.ts'

export const pushTelemetry: Handler<'pushTelemetry'> = async (request, { telemetry }, context) => {
  try {
    await telemetry.push(request, callerOf(context), context.signal)
    return { errorCode: errorCodes.NONE }
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error
    return { errorCode: errorCodeOf(error) }
  }
}
