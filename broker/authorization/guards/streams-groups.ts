// Guards of groups of Kafka Streams (KIP-1071).

import { errorByName, errorCodes } from '@samsa/proto/kafka/errors'
import { operationsNotAsked } from '../acl.ts'
import { type Guard, split } from '../guard.ts'

type Refusal = 'GROUP_AUTHORIZATION_FAILED' | 'TOPIC_AUTHORIZATION_FAILED'

const denied = {
  errorCode: errorCodes.GROUP_AUTHORIZATION_FAILED,
  errorMessage: errorByName('GROUP_AUTHORIZATION_FAILED').text,
}

/** Whether its internal topics may be made is asked when they are. */
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
  const sources = (request.topology?.subtopologies ?? []).flatMap(
    ({ sourceTopics }) => sourceTopics,
  )
  return sources.every((name) => rights.can('DESCRIBE', 'TOPIC', name))
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
          if (!topicsOf(group).every((name) => rights.can('DESCRIBE', 'TOPIC', name))) {
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

interface Described {
  readonly topology?:
    | {
        readonly subtopologies?:
          | readonly {
              readonly sourceTopics: readonly string[]
              readonly repartitionSourceTopics: readonly { readonly name: string }[]
              readonly stateChangelogTopics: readonly { readonly name: string }[]
            }[]
          | null
          | undefined
      }
    | null
    | undefined
}

function topicsOf({ topology }: Described): string[] {
  return (topology?.subtopologies ?? []).flatMap((one) => [
    ...one.sourceTopics,
    ...one.repartitionSourceTopics.map(({ name }) => name),
    ...one.stateChangelogTopics.map(({ name }) => name),
  ])
}
