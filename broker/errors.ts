// The broker's one error type. A BrokerError names the Kafka error that a client gets for it;
// anything else that is thrown is a bug and reaches the client as UNKNOWN_SERVER_ERROR.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'

export class BrokerError extends Error {
  override readonly name = 'BrokerError'
  readonly kafkaError: KafkaErrorName

  constructor(kafkaError: KafkaErrorName, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kafkaError = kafkaError
  }
}

/** The protocol's code for whatever was thrown. */
export function errorCodeOf(error: unknown): number {
  return error instanceof BrokerError
    ? errorCodes[error.kafkaError]
    : errorCodes.UNKNOWN_SERVER_ERROR
}
