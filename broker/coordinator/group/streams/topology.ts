// The topology of a streams group as its first member told it and as it is stored: what each
// subtopology reads and writes. Every later member must come with the same one. A value.

import { streamsGroupTopologyValue } from '@samsa/proto/kafka/streams-group-records'
import { encodeVersioned } from '@samsa/proto/kafka/versioned'
import type { Decoded } from '@samsa/proto/wire/message'
import type { StreamsHeartbeatRequest } from '../messages.ts'

export type Topology = Decoded<typeof streamsGroupTopologyValue>
export type Subtopology = Topology['subtopologies'][number]
export type InternalTopicInfo = Subtopology['repartitionSourceTopics'][number]

export function topologyFrom({
  epoch,
  subtopologies,
}: NonNullable<StreamsHeartbeatRequest['topology']>): Topology {
  return { epoch, subtopologies }
}

export function sameTopology(a: Topology, b: Topology): boolean {
  return a === b || inOneOrder(a).equals(inOneOrder(b))
}

function inOneOrder({ epoch, subtopologies }: Topology): Buffer {
  const sorted = [...subtopologies].sort((a, b) => (a.subtopologyId < b.subtopologyId ? -1 : 1))
  return encodeVersioned(streamsGroupTopologyValue, { epoch, subtopologies: sorted }, 0)
}

/** Every topic that has to be there, internal ones included. */
export function* requiredTopics({ subtopologies }: Topology): Generator<string> {
  for (const subtopology of subtopologies) {
    yield* subtopology.sourceTopics
    for (const { name } of subtopology.repartitionSourceTopics) yield name
    for (const { name } of subtopology.stateChangelogTopics) yield name
  }
}
