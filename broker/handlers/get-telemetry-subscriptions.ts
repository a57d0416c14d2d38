// GetTelemetrySubscriptions (key 71), version 0: which metrics a client should push, and how often
// (KIP-714).
// Differs from Kafka: served without a plugin, since /metrics shows what clients push; the patterns
// of a subscription are in the syntax of RE2, and one that is not valid there matches nobody.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { BrokerError } from '../errors.ts'
import type { Caller } from '../telemetry/client-telemetry.ts'
import type { Handler, RequestContext } from './handler.ts'

export const getTelemetrySubscriptions: Handler<'getTelemetrySubscriptions'> = async (
  { clientInstanceId },
  services,
  context,
) => {
  const { telemetry } = services
  try {
    const instance = await telemetry.subscribe(clientInstanceId, callerOf(context), context.signal)
    const { traits, subscription, subscriptionId } = instance
    return {
      errorCode: errorCodes.NONE,
      clientInstanceId: traits.clientInstanceId,
      subscriptionId,
      acceptedCompressionTypes: [...telemetry.acceptedCompressionTypes],
      pushIntervalMs: subscription.pushIntervalMs,
      telemetryMaxBytes: services.config().telemetryMaxBytes,
      deltaTemporality: true,
      requestedMetrics: [...subscription.metrics],
    }
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error
    return {
      errorCode: errorCodes[error.kafkaError],
      clientInstanceId,
      subscriptionId: 0,
      acceptedCompressionTypes: [],
      pushIntervalMs: 0,
      telemetryMaxBytes: 0,
      deltaTemporality: false,
      requestedMetrics: [],
    }
  }
}

/** What the connection and its ApiVersions request say of a client. */
export function callerOf({ clientId, clientHost, connection }: RequestContext): Caller {
  return {
    clientId: clientId ?? '',
    softwareName: connection.client?.name ?? 'unknown',
    softwareVersion: connection.client?.version ?? 'unknown',
    sourceAddress: clientHost,
    sourcePort: connection.remotePort,
  }
}
