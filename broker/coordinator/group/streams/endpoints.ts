// Which process of a streams group answers queries about which partitions: of every member that
// said where it is to be reached, the inputs of its active tasks and of its standbys.

import type { StreamsHeartbeatResponse } from '../messages.ts'
import type { TopicsView } from '../topics-view.ts'
import type { ConfiguredSubtopology } from './configured-topology.ts'
import type { StreamsGroup } from './streams-group.ts'

type Endpoints = NonNullable<StreamsHeartbeatResponse['partitionsByUserEndpoint']>

export function endpointsOf(group: StreamsGroup, topics: TopicsView): Endpoints {
  const subtopologies = new Map(
    group.configured?.subtopologies?.map((one) => [one.subtopologyId, one] as const),
  )
  const partitionsOf = (tasks: AnyTasks) => partitionsOfTasks(tasks, subtopologies, topics)
  return Array.from(group.members.values()).flatMap(({ userEndpoint, assigned }) =>
    userEndpoint === null
      ? []
      : [
          {
            userEndpoint,
            activePartitions: partitionsOf(assigned.active),
            standbyPartitions: partitionsOf(assigned.standby),
          },
        ],
  )
}

type AnyTasks = ReadonlyMap<string, { keys(): IterableIterator<number> }>

/** A topic with fewer partitions than others of its subtopology has none for the last tasks. */
function partitionsOfTasks(
  tasks: AnyTasks,
  subtopologies: ReadonlyMap<string, ConfiguredSubtopology>,
  topics: TopicsView,
) {
  return Array.from(tasks).flatMap(([subtopologyId, indexes]) =>
    Array.from(subtopologies.get(subtopologyId)?.sources ?? [], (topic) => {
      const count = topics.byName(topic)?.partitionCount ?? 0
      const partitions = [...indexes.keys()].filter((index) => index < count)
      return { topic, partitions: partitions.sort((a, b) => a - b) }
    }),
  )
}
