// One partition of `__consumer_offsets` that this node leads: the shell of its shard. Owns the
// groups' timers, and remembers topics that are deleted while the shard is loaded.

import { LedShard } from '../led-shard.ts'
import type { DeletedTopic, RequestEvent, ShardEvent } from './events.ts'
import type { GroupConfig } from './group-config.ts'
import { GroupShard } from './group-shard.ts'
import type { ListedGroup } from './messages.ts'
import type { Effect } from './turn.ts'

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
    return shard.step(event, this.now(), this.options.config())
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
    }
  }

  #schedule(groupId: string, atMs: number): void {
    this.#timers.get(groupId)?.cancel()
    const { clock, timers } = this.options
    const delayMs = Math.max(0, Math.ceil(atMs - clock.monotonicMs()))
    const timer = timers.schedule(delayMs, () => {
      this.#timers.delete(groupId)
      this.feed({ type: 'timeout', groupId })
    })
    this.#timers.set(groupId, timer)
  }

  protected override onDropped(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }
}
