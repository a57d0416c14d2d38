// The controller's errors. A ControllerError refuses one whole request and names the Kafka error
// the caller is to be answered with; what goes wrong with one item of a request is a result of that
// item, never thrown.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'

export class ControllerError extends Error {
  override readonly name = 'ControllerError'
  readonly kafkaError: KafkaErrorName

  constructor(kafkaError: KafkaErrorName, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kafkaError = kafkaError
  }
}

/**
 * A metadata record that this version of the software cannot read, or that contradicts what came
 * before it.
 */
export class MetadataRecordError extends Error {
  override readonly name = 'MetadataRecordError'
}
