// StreamsGroupHeartbeat (key 88), version 0: a member joins, keeps up with and leaves a group of
// Kafka Streams (KIP-1071). Internal topics that the group's topology needs are made on behalf of
// whoever asks; until they are there the answer says so. Served while the feature streams.version
// is finalized at 1. Differs from Kafka: the answer waits up to half a second for those topics, and
// tells why they could not be made at once, where Kafka does with the next heartbeat; topics that
// the caller may not see are refused before their names are judged.

import { errorByName, errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { StreamsHeartbeatResult } from '../coordinator/group/streams/heartbeat-result.ts'
import { statusCodes } from '../coordinator/group/streams/status.ts'
import type { Handler, ResponseOf } from './handler.ts'
import { servesStreamsGroups } from './shared/group-features.ts'
import { makeInternalTopics } from './shared/streams-topics.ts'
import { topologyNamesProblem } from './shared/streams-topology-names.ts'

type Response = ResponseOf<'streamsGroupHeartbeat'>

export const streamsGroupHeartbeat: Handler<'streamsGroupHeartbeat'> = async (
  request,
  services,
  context,
) => {
  if (!servesStreamsGroups(services)) {
    return refused('UNSUPPORTED_VERSION', errorByName('UNSUPPORTED_VERSION').text)
  }
  const { topology } = request
  const badNames = topology === null ? null : topologyNamesProblem(topology)
  if (badNames !== null) return refused('STREAMS_INVALID_TOPOLOGY', badNames)
  const result = await services.groups.streamsHeartbeat(request, context)
  if (result.missingTopics.length === 0) return result.response
  const problem = await makeInternalTopics(services, context, result.missingTopics)
  return problem === null ? result.response : withDetail(result, problem)
}

function refused(error: KafkaErrorName, errorMessage: string): Response {
  return {
    errorCode: errorCodes[error],
    errorMessage,
    memberId: '',
    memberEpoch: 0,
    heartbeatIntervalMs: 0,
    acceptableRecoveryLag: 0,
    taskOffsetIntervalMs: 0,
    endpointInformationEpoch: 0,
    status: [],
  }
}

/** Says with the missing topics why they are. */
function withDetail({ response }: StreamsHeartbeatResult, detail: string): Response {
  const status = (response.status ?? []).map((row) =>
    row.statusCode === statusCodes.MISSING_INTERNAL_TOPICS
      ? { ...row, statusDetail: `${row.statusDetail}; ${detail}` }
      : row,
  )
  return { ...response, status }
}
