// InitProducerId (key 22), versions 0-5: a producer id for an idempotent producer (KIP-98), a new
// one each time.
// Differs from Kafka: transactions are not served yet, and a transactional id is answered with
// UNSUPPORTED_VERSION; the first request waits for its id, where Kafka answers
// COORDINATOR_LOAD_IN_PROGRESS while it fetches a block of ids.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler, RequestOf, ResponseOf } from './handler.ts'
import { refusable } from './shared/ask-controller.ts'

const none = -1

export const initProducerId: Handler<'initProducerId'> = async (request, services) => {
  const { transactionalId } = request
  if (transactionalId === '' || !isWhole(request)) return refused(errorCodes.INVALID_REQUEST)
  // The Java client and kafkajs take this error as final (librdkafka retries all but those of
  // authorization). The coordinator errors, which everyone retries, would make initTransactions
  // hang until its timeout. FindCoordinator, asked first, answers the same with a sentence.
  if (transactionalId !== null) return refused(errorCodes.UNSUPPORTED_VERSION)
  const asked = await refusable(services.producerIds.next())
  // The controller is out of reach or cannot write; Kafka's clients retry on this one.
  if (asked.type === 'refused') return refused(errorCodes.COORDINATOR_LOAD_IN_PROGRESS)
  return { errorCode: errorCodes.NONE, producerId: asked.answer, producerEpoch: 0 }
}

/** An id and an epoch come together (KIP-360) or not at all. */
function isWhole({ producerId, producerEpoch }: RequestOf<'initProducerId'>): boolean {
  return (producerId === none) === (producerEpoch === none)
}

function refused(errorCode: number): ResponseOf<'initProducerId'> {
  return { errorCode, producerId: none, producerEpoch: none }
}
