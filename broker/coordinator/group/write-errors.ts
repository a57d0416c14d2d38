// What a client is told when the coordinator's own write was refused: the log's errors speak of
// `__consumer_offsets`, and mean something else to a client that asked about a group.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'

const responseErrors: Partial<Record<KafkaErrorName, KafkaErrorName>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'COORDINATOR_NOT_AVAILABLE',
  NOT_ENOUGH_REPLICAS: 'COORDINATOR_NOT_AVAILABLE',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'COORDINATOR_NOT_AVAILABLE',
  REQUEST_TIMED_OUT: 'COORDINATOR_NOT_AVAILABLE',
  NOT_LEADER_OR_FOLLOWER: 'NOT_COORDINATOR',
  KAFKA_STORAGE_ERROR: 'NOT_COORDINATOR',
  MESSAGE_TOO_LARGE: 'UNKNOWN_SERVER_ERROR',
  RECORD_LIST_TOO_LARGE: 'UNKNOWN_SERVER_ERROR',
}

export function responseErrorOf(writeError: KafkaErrorName): KafkaErrorName {
  return responseErrors[writeError] ?? writeError
}

export function responseCodeOf(writeError: KafkaErrorName): number {
  return errorCodes[responseErrorOf(writeError)]
}
