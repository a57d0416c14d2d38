// AlterPartitionReassignments (key 45), versions 0-1: moves partitions to other replicas, or takes
// such moves back while they are under way (KIP-455). A move is done once its new replicas are in
// sync. KIP-860: whether the number of replicas may change with it (v1).
// Differs from Kafka: an unclean election calls a move off only where a replica can lead now.

import type { PartitionReassignment } from '@samsa/controller/requests'
import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler, RequestOf } from './handler.ts'
import { askController, errorFields } from './shared/ask-controller.ts'
import { byTopic } from './shared/by-topic.ts'

export const alterPartitionReassignments: Handler<'alterPartitionReassignments'> = async (
  request,
  services,
) => {
  const { allowReplicationFactorChange } = request
  const reassignments = reassignmentsOf(request)
  const asked = await askController(services, request.timeoutMs, () =>
    services.controller.alterReassignments({ reassignments, allowReplicationFactorChange }),
  )
  if (asked.type === 'refused') {
    return { allowReplicationFactorChange, ...errorFields(asked.outcome), responses: [] }
  }
  const responses = byTopic(asked.answer).map(({ topic, partitions }) => ({
    name: topic,
    partitions: partitions.map((result) => ({
      partitionIndex: result.partitionIndex,
      ...errorFields(result),
    })),
  }))
  return {
    allowReplicationFactorChange,
    errorCode: errorCodes.NONE,
    errorMessage: null,
    responses,
  }
}

function reassignmentsOf({
  topics,
}: RequestOf<'alterPartitionReassignments'>): PartitionReassignment[] {
  return topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, replicas }) => ({ topic: name, partitionIndex, replicas })),
  )
}
