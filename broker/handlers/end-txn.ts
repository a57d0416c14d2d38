// EndTxn (key 26), versions 0-5: commits or aborts a transaction (KIP-98). Answered once the
// decision is durable; its markers follow, and are written whatever happens to this broker. From
// v5 on the producer goes on with the epoch in the answer (KIP-890). KIP-588 PRODUCER_FENCED (v2).
// Differs from Kafka: nothing known.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler } from './handler.ts'
import { fencedError } from './shared/fenced-error.ts'

const fencedSince = 2
const epochBumpSince = 5

export const endTxn: Handler<'endTxn'> = async (request, services, { apiVersion }) => {
  const { committed: isCommit, ...producer } = request
  const clientVersion = apiVersion >= epochBumpSince ? 2 : 0
  const asked = { ...producer, isCommit, clientVersion }
  const { error, producerId, producerEpoch } = await services.transactions.endTransaction(asked)
  const errorCode = errorCodes[apiVersion >= fencedSince ? error : fencedError(error)]
  return { errorCode, producerId, producerEpoch }
}
