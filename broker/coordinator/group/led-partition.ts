// One partition of `__consumer_offsets` that this node leads: the shell of its shard. Owns the
// groups' timers, and remembers topics that are deleted while the shard is loaded.

import { LedShard, type LedShardOptions } from '../led-shard.ts'
import type { DeletedTopic, RequestEvent, ShardEvent } from './events.ts'
import type { GroupConfig } from './group-config.ts'
import { GroupShard } from './group-shard.ts'
import type { ListedGroup } from './messages.ts'
import { matchRegexes } from './topic-regexes.ts'
import type { TopicsView } from './topics-view.ts'
import type { Effect } from './turn.ts'

/** A timer that is later than this was kept from running. */
const lateMsMin = 1_000
const graceMsMax = 5_000

export interface LedPartitionOptions extends LedShardOptions<GroupConfig> {
  /** The topics as they are now. */
  readonly topics: () => TopicsView
}

export class LedPartition extends LedShard<
  RequestEvent,
  ShardEvent,
  Effect,
  GroupConfig,
  GroupShard
> {
  readonly #timers = new Map<string, { cancel(): void }>()
  /** Topics deleted while loading: their offsets go as soon as they are known. */
  #deletedTopics: DeletedTopic[] = []
  readonly #topics: () => TopicsView

  constructor({ topics, ...options }: LedPartitionOptions) {
    super(options)
    this.#topics = topics
  }

  protected override newCore(): GroupShard {
    return new GroupShard()
  }

  protected override enterService(shard: GroupShard): void {
    super.enterService(shard)
    const topics = this.#deletedTopics
    this.#deletedTopics = []
    if (topics.length > 0) this.feed({ type: 'topicsDeleted', topics })
  }

  removeTopics(topics: readonly DeletedTopic[]): void {
    if (this.core === undefined) this.#deletedTopics.push(...topics)
    else this.feed({ type: 'topicsDeleted', topics })
  }

  list(): ListedGroup[] {
    return this.core?.list() ?? []
  }

  protected override step(shard: GroupShard, event: ShardEvent): Effect[] {
    const { config } = this.options
    return shard.step(event, { now: this.now(), config: config(), topics: this.#topics() })
  }

  protected override abandoned({ groupId }: RequestEvent, token: number): ShardEvent {
    return { type: 'abandoned', groupId, token }
  }

  protected override carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'schedule':
        this.#schedule(effect.groupId, effect.atMs)
        return
      case 'cancel':
        this.#timers.get(effect.groupId)?.cancel()
        this.#timers.delete(effect.groupId)
        return
      case 'retract':
        this.queue.retract(effect.writeIds, effect.error)
        return
      case 'resolveRegexes':
        void this.#resolveRegexes(effect)
        return
    }
  }

  /** Apart from the requests, a part of the topics at a time. */
  async #resolveRegexes({ groupId, regexes }: Effect & { type: 'resolveRegexes' }): Promise<void> {
    const view = this.#topics()
    let matches: ReadonlyMap<string, ReadonlySet<string>> = new Map()
    try {
      matches = await matchRegexes(regexes, view, () => this.isClosed)
    } catch (error) {
      this.options.onFault(this.options.partition, error)
    }
    this.feed({ type: 'regexesResolved', groupId, matches, version: view.version })
  }

  #schedule(groupId: string, atMs: number): void {
    this.#timers.get(groupId)?.cancel()
    const { clock, timers } = this.options
    const delayMs = Math.max(0, Math.ceil(atMs - clock.monotonicMs()))
    const dueMs = clock.monotonicMs() + delayMs
    const timer = timers.schedule(delayMs, () => {
      this.#timers.delete(groupId)
      // This node stood still, and holds that against nobody: what the members said meanwhile is
      // in their sockets, and is read after the timers.
      const lateMs = clock.monotonicMs() - dueMs
      if (lateMs < lateMsMin) this.feed({ type: 'timeout', groupId })
      else this.#schedule(groupId, clock.monotonicMs() + Math.min(lateMs, graceMsMax))
    })
    this.#timers.set(groupId, timer)
  }

  protected override onDropped(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }
}
