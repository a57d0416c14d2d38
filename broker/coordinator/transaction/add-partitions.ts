// AddPartitionsToTxn and AddOffsetsToTxn: which partitions a transaction writes to, told by the
// client, or by the broker that it writes to (KIP-890). Verification asks and adds nothing.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { responseErrorOf } from '../group/write-errors.ts'
import type { AddPartitionsEvent, VerifyPartitionsEvent } from './events.ts'
import { partitionsPerTransactionMax } from './limits.ts'
import { countOf, includesAll, isPrepared, type Transaction, union } from './transaction.ts'
import type { Turn } from './turn.ts'

export function addPartitions(turn: Turn, event: AddPartitionsEvent): void {
  const { token, transactionalId } = event
  const entry = turn.state.entries.get(transactionalId)
  const known = entry?.transaction ?? null
  const error = refusalOf(known, event)
  if (error !== null || entry === undefined || known === null) {
    return turn.respond(token, error ?? 'INVALID_PRODUCER_ID_MAPPING')
  }
  const isOngoing = known.state === 'Ongoing'
  if (isOngoing && includesAll(known.partitions, event.partitions)) {
    return turn.respond(token, 'NONE')
  }
  const partitions = union(known.partitions, event.partitions)
  if (countOf(partitions) > partitionsPerTransactionMax) {
    return turn.respond(token, 'POLICY_VIOLATION')
  }
  const lastUpdateMs = turn.now.wallMs
  const startMs = isOngoing ? known.startMs : lastUpdateMs
  const begun: Transaction = { ...known, state: 'Ongoing', partitions, startMs, lastUpdateMs }
  turn.write(entry, begun, (later, failure) => {
    later.respond(token, failure === null ? 'NONE' : responseErrorOf(failure))
  })
}

export function verifyPartitions(turn: Turn, event: VerifyPartitionsEvent): void {
  const known = turn.state.entries.get(event.transactionalId)?.transaction ?? null
  const error = refusalOf(known, event)
  if (error !== null || known === null) {
    const refusal = error ?? 'INVALID_PRODUCER_ID_MAPPING'
    return turn.respond(event.token, { type: 'refused', error: refusal })
  }
  turn.respond(event.token, { type: 'known', partitions: known.partitions })
}

function refusalOf(
  known: Transaction | null,
  { producerId, producerEpoch }: { producerId: number; producerEpoch: number },
): KafkaErrorName | null {
  if (known === null) return 'INVALID_PRODUCER_ID_MAPPING'
  const isPrepare = isPrepared(known)
  // It was told already which id it goes on with.
  const isNext = isPrepare && producerId === known.nextProducerId && producerEpoch === 0
  if (isNext) return 'CONCURRENT_TRANSACTIONS'
  if (known.producerId !== producerId) return 'INVALID_PRODUCER_ID_MAPPING'
  if (known.producerEpoch !== producerEpoch) return 'PRODUCER_FENCED'
  return isPrepare ? 'CONCURRENT_TRANSACTIONS' : null
}
