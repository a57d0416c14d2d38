// SyncGroup (key 14), versions 0-5: the leader of a classic group hands in everyone's assignment;
// each member gets its own once all are stored. KIP-345 static members (v3), KIP-559 protocol type
// and name (v5), which must both be given then. Differs from Kafka: nothing known.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler } from './handler.ts'

const protocolRequiredSince = 5
const noAssignment = Buffer.alloc(0)

export const syncGroup: Handler<'syncGroup'> = (request, { groups }, context) => {
  const lacksProtocol = request.protocolType === null || request.protocolName === null
  if (context.apiVersion >= protocolRequiredSince && lacksProtocol) {
    return { errorCode: errorCodes.INCONSISTENT_GROUP_PROTOCOL, assignment: noAssignment }
  }
  return groups.syncGroup(request, context)
}
