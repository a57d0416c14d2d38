// The one error of this folder: record bytes that break the format. It names the Kafka error that a
// producer of such bytes is told, so that the produce path needs no table of its own.

/** The errors of the protocol that damaged or refused records can end in. */
export type RecordErrorCode =
  | 'CORRUPT_MESSAGE'
  | 'INVALID_RECORD'
  | 'INVALID_TIMESTAMP'
  | 'UNSUPPORTED_COMPRESSION_TYPE'

export class RecordError extends Error {
  override readonly name = 'RecordError'
  readonly kafkaError: RecordErrorCode

  constructor(kafkaError: RecordErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kafkaError = kafkaError
  }
}
