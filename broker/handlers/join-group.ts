// JoinGroup (key 11), versions 0-9: a member of a classic group asks to be in its next generation,
// and is answered when that begins. KIP-62 rebalance timeout (v1), KIP-394 member id first (v4),
// KIP-345 static members (v5), KIP-559 protocol type (v7), KIP-800 reason (v8), KIP-814 a returning
// static leader keeps its assignment (v9).
// Differs from Kafka: a member whose connection closes while it waits is dropped at once or after
// three seconds, not after its session; the protocols of one member may have 4 MiB at most.

import type { Handler } from './handler.ts'

const nullableProtocolNameSince = 7

export const joinGroup: Handler<'joinGroup'> = async (request, { groups }, context) => {
  const response = await groups.joinGroup(request, context)
  if (context.apiVersion >= nullableProtocolNameSince) return response
  return { ...response, protocolName: response.protocolName ?? '' }
}
