// PushTelemetry (key 72): the metrics of a client, in OTLP. KIP-714.

import { message } from '../wire/message.ts'
import { boolean, bytes, field, int8, int16, int32, uuid } from '../wire/types.ts'

export const pushTelemetryRequest = message(
  { name: 'PushTelemetryRequest', versions: '0', flexible: '0+' },
  {
    clientInstanceId: uuid,
    subscriptionId: int32,
    terminating: boolean,
    compressionType: int8,
    metrics: bytes,
  },
)

export const pushTelemetryResponse = message(
  { name: 'PushTelemetryResponse', versions: '0', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
  },
)
