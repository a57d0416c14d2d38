// InitProducerId (key 22), versions 0-5: a producer id and an epoch, a new id each time (KIP-98). A
// transactional id keeps its id and gets a higher epoch, which fences older producers and ends what
// they left open; the producer itself may ask for its next one (KIP-360). PRODUCER_FENCED (v4).
// Differs from Kafka: the first request waits for its id, where Kafka answers
// COORDINATOR_LOAD_IN_PROGRESS while it fetches a block of ids. Version 6, which is not stable and
// has prepared transactions (KIP-939), is not advertised and is refused.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { Services } from '../services.ts'
import type { Handler, RequestOf, ResponseOf } from './handler.ts'
import { refusable } from './shared/ask-controller.ts'
import { fencedError } from './shared/fenced-error.ts'

const none = -1
const fencedSince = 4

export const initProducerId: Handler<'initProducerId'> = (request, services, { apiVersion }) => {
  const { transactionalId } = request
  if (transactionalId === '' || !isWhole(request)) return refused('INVALID_REQUEST')
  if (transactionalId === null) return newProducer(services)
  return transactionalProducer({ ...request, transactionalId }, services, apiVersion)
}

async function newProducer(services: Services): Promise<ResponseOf<'initProducerId'>> {
  const asked = await refusable(services.producerIds.next())
  // The controller is out of reach or cannot write; Kafka's clients retry on this one.
  if (asked.type === 'refused') return refused('COORDINATOR_LOAD_IN_PROGRESS')
  return { errorCode: errorCodes.NONE, producerId: asked.answer, producerEpoch: 0 }
}

async function transactionalProducer(
  request: RequestOf<'initProducerId'> & { readonly transactionalId: string },
  services: Services,
  apiVersion: number,
): Promise<ResponseOf<'initProducerId'>> {
  const { transactionalId, transactionTimeoutMs: timeoutMs, producerId, producerEpoch } = request
  const expected = producerId === none ? null : { producerId, producerEpoch }
  const asked = { transactionalId, timeoutMs, expected }
  const { error, ...given } = await services.transactions.initProducer(asked)
  const errorCode = errorCodes[apiVersion >= fencedSince ? error : fencedError(error)]
  return { errorCode, ...given }
}

/** An id and an epoch come together (KIP-360) or not at all. */
function isWhole({ producerId, producerEpoch }: RequestOf<'initProducerId'>): boolean {
  return (producerId === none) === (producerEpoch === none)
}

function refused(error: KafkaErrorName): ResponseOf<'initProducerId'> {
  return { errorCode: errorCodes[error], producerId: none, producerEpoch: none }
}
