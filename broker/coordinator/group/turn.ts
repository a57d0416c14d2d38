// One step of a shard: the time it happens at, the settings in force, and the effects it piles up.
// The core's functions get a Turn and change only the shard's state and this list; the shell
// carries the effects out.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { Now, RespondEffect, WriteEffect } from '../led-shard.ts'
import type { BatchKind, KeyValueRecord } from '../partition-writer.ts'
import type { AfterWrite } from './after-write.ts'
import type { GroupConfig } from './group-config.ts'
import type { ShardState } from './shard-state.ts'
import type { TopicsView } from './topics-view.ts'

declare const answeredWith: unique symbol

/** Names a request that waits for its answer. The shell knows who asked. */
export type Token<Response> = number & { readonly [answeredWith]?: (response: Response) => void }

export type Effect =
  | RespondEffect
  | WriteEffect
  /** Replaces the group's timer, if it has one. */
  | { readonly type: 'schedule'; readonly groupId: string; readonly atMs: number }
  | { readonly type: 'cancel'; readonly groupId: string }
  /** Writes that are not to be tried any more; each still comes back, refused. */
  | {
      readonly type: 'retract'
      readonly writeIds: readonly number[]
      readonly error: KafkaErrorName
    }
  /** The answer comes as a `regexesResolved` event. */
  | {
      readonly type: 'resolveRegexes'
      readonly groupId: string
      readonly regexes: readonly string[]
    }

/** What a step sees besides its event. */
export interface Surroundings {
  readonly now: Now
  readonly config: GroupConfig
  readonly topics: TopicsView
}

export class Turn {
  readonly state: ShardState
  readonly now: Now
  readonly config: GroupConfig
  readonly topics: TopicsView
  readonly effects: Effect[] = []

  constructor(state: ShardState, { now, config, topics }: Surroundings) {
    this.state = state
    this.now = now
    this.config = config
    this.topics = topics
  }

  respond<Response>(token: Token<Response>, response: Response): void {
    this.effects.push({ type: 'respond', token, response })
  }

  /** Has the records written; `after` happens once they are, or once that failed. */
  write(
    records: readonly KeyValueRecord[],
    after: AfterWrite,
    { divisible = false, kind }: { divisible?: boolean; kind?: BatchKind } = {},
  ): number {
    const writeId = this.state.nextWriteId++
    this.state.writes.set(writeId, { after, next: [], doomedBy: null })
    this.effects.push({ type: 'write', writeId, records, divisible, kind })
    return writeId
  }

  schedule(groupId: string, atMs: number): void {
    this.effects.push({ type: 'schedule', groupId, atMs })
  }

  cancel(groupId: string): void {
    this.effects.push({ type: 'cancel', groupId })
  }
}
