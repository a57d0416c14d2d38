// What comes of a heartbeat of a streams group: the answer, and the internal topics that its
// topology needs and that somebody has to make. Plain data.

import type { StreamsHeartbeatResponse } from '../messages.ts'

export interface InternalTopic {
  readonly name: string
  readonly partitionCount: number
  /** -1: the default. */
  readonly replicationFactor: number
  readonly configs: readonly { readonly name: string; readonly value: string }[]
}

export interface StreamsHeartbeatResult {
  readonly response: StreamsHeartbeatResponse
  readonly missingTopics: readonly InternalTopic[]
}
