// A ControllerError as it crosses the network, and back.

import type { QuorumLeaderInit, Refusal, RefusalInit } from '@samsa/proto/grpc/gen/controller'
import { errorByCode, errorCodes } from '@samsa/proto/kafka/errors'
import { ControllerError } from '../errors.ts'
import { LostLeadershipError } from '../metadata-log.ts'

/** `leader`: where to ask instead, as far as this controller knows. */
export function refusalOf(error: ControllerError, leader: QuorumLeaderInit): RefusalInit {
  return {
    error: errorCodes[error.kafkaError],
    message: error.message,
    leader: error.kafkaError === 'NOT_CONTROLLER' ? leader : null,
    mayBeDone: error.cause instanceof LostLeadershipError,
  }
}

export function errorOf({ error, message }: Refusal): ControllerError {
  return new ControllerError(errorByCode(error).name, message)
}
