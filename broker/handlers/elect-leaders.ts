// ElectLeaders (key 43), versions 0-2: has the controller elect the preferred leader of partitions
// (KIP-183), or an unclean one where no replica in sync is left (KIP-460, v1). Where all partitions
// are asked for, those that need no election are left out of the answer.
// Differs from Kafka: topics none of whose partitions need an election are left out, too, where
// Kafka names them with no partitions.

import type { ElectLeaders, ElectLeadersResult, Outcome } from '@samsa/controller/requests'
import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler, RequestOf, ResponseOf } from './handler.ts'
import { askController, errorText } from './shared/ask-controller.ts'
import { byTopic } from './shared/by-topic.ts'

type Request = RequestOf<'electLeaders'>

/** By their codes in the protocol. */
const electionTypes: readonly ElectLeaders['electionType'][] = ['preferred', 'unclean']

export const electLeaders: Handler<'electLeaders'> = async (request, services) => {
  const electionType = electionTypes[request.electionType]
  if (electionType === undefined) {
    const message = `Unknown election type ${request.electionType}`
    return refused(request, { error: 'INVALID_REQUEST', message })
  }
  const partitions = partitionsOf(request)
  const asked = await askController(services, request.timeoutMs, () =>
    services.controller.electLeaders({ electionType, partitions }),
  )
  if (asked.type === 'refused') return refused(request, asked.outcome)
  return response(asked.answer, errorCodes.NONE)
}

function partitionsOf({ topicPartitions }: Request): ElectLeaders['partitions'] {
  if (topicPartitions === null) return null
  return topicPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partitionIndex) => ({ topic, partitionIndex })),
  )
}

/** Said for each partition, too: version 0 has no place for an error of the whole. */
function refused(request: Request, outcome: Outcome): ResponseOf<'electLeaders'> {
  const results = (partitionsOf(request) ?? []).map((one) => ({ ...one, ...outcome }))
  return response(results, errorCodes[outcome.error])
}

function response(
  results: readonly ElectLeadersResult[],
  errorCode: number,
): ResponseOf<'electLeaders'> {
  const replicaElectionResults = byTopic(results).map(({ topic, partitions }) => ({
    topic,
    partitionResult: partitions.map((result) => ({
      partitionId: result.partitionIndex,
      errorCode: errorCodes[result.error],
      errorMessage: result.error === 'NONE' ? null : errorText(result),
    })),
  }))
  return { errorCode, replicaElectionResults }
}
