// Guards of groups of Kafka Streams (KIP-1071).

import { errorByName, errorCodes } from '@samsa/proto/kafka/errors'
import { operationsNotAsked } from '../acl.ts'
import { type Guard, split } from '../guard.ts'

type Refusal = 'GROUP_AUTHORIZATION_FAILED' | 'TOPIC_AUTHORIZATION_FAILED'

const denied = {
  errorCode: errorCodes.GROUP_AUTHORIZATION_FAILED,
  errorMessage: errorByName('GROUP_AUTHORIZATION_FAILED').text,
}

/**
 * Every topic of the topology has to be one that the caller may see, also those that are still to
 * be made; whether they may be made is asked when they are. Differs from Kafka: this comes before
 * the names are judged, so that it is told to those who may see the topics.
 */
export const streamsGroupHeartbeat: Guard<'streamsGroupHeartbeat'> = (request, rights) => {
  const refuse = (error: Refusal) => ({
    response: {
      errorCode: errorCodes[error],
      errorMessage: errorByName(error).text,
      memberId: '',
      memberEpoch: 0,
      heartbeatIntervalMs: 0,
      acceptableRecoveryLag: 0,
      taskOffsetIntervalMs: 0,
      endpointInformationEpoch: 0,
      status: [],
    },
  })
  if (!rights.can('READ', 'GROUP', request.groupId)) return refuse('GROUP_AUTHORIZATION_FAILED')
  const names = (request.topology?.subtopologies ?? []).flatMap((one) => [
    ...topicsOf(one),
    ...one.repartitionSinkTopics,
  ])
  return names.every((name) => rights.can('DESCRIBE', 'TOPIC', name))
    ? { request }
    : refuse('TOPIC_AUTHORIZATION_FAILED')
}

/** Topics that the caller may not see are not shown, nor are the groups that read them. */
export const streamsGroupDescribe: Guard<'streamsGroupDescribe'> = (request, rights) => {
  const [groupIds, hidden] = split(request.groupIds, (groupId) =>
    rights.can('DESCRIBE', 'GROUP', groupId),
  )
  const refused = hidden.map((groupId) => ({ ...none, ...denied, groupId }))
  return {
    request: { ...request, groupIds },
    complete: (response) => ({
      ...response,
      groups: [
        ...response.groups.map((group) => {
          if (!topicsOfGroup(group).every((name) => rights.can('DESCRIBE', 'TOPIC', name))) {
            return { ...none, ...topicDenied, groupId: group.groupId }
          }
          const { groupId, authorizedOperations: wanted } = group
          if (wanted === undefined || wanted === operationsNotAsked) return group
          return { ...group, authorizedOperations: rights.bits(wanted, 'GROUP', groupId) }
        }),
        ...refused,
      ],
    }),
  }
}

const none = {
  groupState: '',
  groupEpoch: 0,
  assignmentEpoch: 0,
  topology: null,
  members: [],
}

const topicDenied = {
  errorCode: errorCodes.TOPIC_AUTHORIZATION_FAILED,
  errorMessage: 'The described group uses topics that the client is not authorized to describe.',
}

interface Subtopology {
  readonly sourceTopics: readonly string[]
  readonly repartitionSourceTopics: readonly { readonly name: string }[]
  readonly stateChangelogTopics: readonly { readonly name: string }[]
}

interface Described {
  readonly topology?:
    | { readonly subtopologies?: readonly Subtopology[] | null | undefined }
    | null
    | undefined
}

function topicsOfGroup({ topology }: Described): string[] {
  return (topology?.subtopologies ?? []).flatMap(topicsOf)
}

function topicsOf(one: Subtopology): string[] {
  return [
    ...one.sourceTopics,
    ...one.repartitionSourceTopics.map(({ name }) => name),
    ...one.stateChangelogTopics.map(({ name }) => name),
  ]
}
