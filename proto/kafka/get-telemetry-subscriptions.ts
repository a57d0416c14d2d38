// GetTelemetrySubscriptions (key 71): which metrics a client should push, and how often. KIP-714.

import { message } from '../wire/message.ts'
import { array, boolean, field, int8, int16, int32, string, uuid } from '../wire/types.ts'

export const getTelemetrySubscriptionsRequest = message(
  { name: 'GetTelemetrySubscriptionsRequest', versions: '0', flexible: '0+' },
  {
    clientInstanceId: uuid,
  },
)

export const getTelemetrySubscriptionsResponse = message(
  { name: 'GetTelemetrySubscriptionsResponse', versions: '0', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    clientInstanceId: uuid,
    subscriptionId: int32,
    acceptedCompressionTypes: array(int8),
    pushIntervalMs: int32,
    telemetryMaxBytes: int32,
    deltaTemporality: boolean,
    requestedMetrics: array(string),
  },
)
