// PRODUCER_FENCED for clients from before it (KIP-588): they know only that the epoch is invalid.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'

export function fencedError(error: KafkaErrorName): KafkaErrorName {
  return error === 'PRODUCER_FENCED' ? 'INVALID_PRODUCER_EPOCH' : error
}
