// Whether the topics that a topology of Kafka Streams names can be an application's at all: none of
// them the cluster's own, all of them names that a topic may have. Pure.

import { isInternalTopic, topicNameProblem } from '@samsa/controller/topic-names'
import type { RequestOf } from '../handler.ts'

type Topology = NonNullable<RequestOf<'streamsGroupHeartbeat'>['topology']>

/** Why the topology has to be refused, in Kafka's words; null where it need not be. */
export function topologyNamesProblem({ subtopologies }: Topology): string | null {
  const names = [
    ...new Set(
      subtopologies.flatMap((one) => [
        ...one.sourceTopics,
        ...one.repartitionSinkTopics,
        ...one.repartitionSourceTopics.map(({ name }) => name),
        ...one.stateChangelogTopics.map(({ name }) => name),
      ]),
    ),
  ]
  const internal = names.filter(isInternalTopic)
  if (internal.length > 0) {
    const listed = internal.join(',')
    return `Use of Kafka internal topics ${listed} in a Kafka Streams topology is prohibited.`
  }
  const invalid = names.filter((name) => topicNameProblem(name) !== null)
  return invalid.length > 0 ? `Topic names ${invalid.join(',')} are not valid topic names.` : null
}
