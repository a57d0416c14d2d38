// Which topics a broker has replicas of, and how many of each: what is looked through when the
// broker comes, goes or loses a disk. Kept with the image and shared like it. It changes only where
// replicas are placed, moved or deleted, not with every change of an ISR.

import type { BrokerId, TopicId, TopicImage } from '../image.ts'
import { MapDraft, PersistentMap } from './persistent-map.ts'

export type ReplicaCounts = PersistentMap<TopicId, number>
export type BrokerIndex = PersistentMap<BrokerId, ReplicaCounts>

const noTopics: ReplicaCounts = PersistentMap.empty()
const noReplicas: readonly BrokerId[] = []

export class BrokerIndexDraft {
  readonly #base: BrokerIndex
  readonly #open = new Map<BrokerId, MapDraft<TopicId, number>>()

  constructor(base: BrokerIndex) {
    this.#base = base
  }

  /** A partition's replicas were `before` and are `after`: the same list means the same replicas. */
  moved(
    topicId: TopicId,
    before: readonly BrokerId[] | undefined,
    after: readonly BrokerId[],
  ): void {
    if (before === after) return
    for (const id of before ?? noReplicas) if (!after.includes(id)) this.#count(id, topicId, -1)
    for (const id of after) if (!before?.includes(id)) this.#count(id, topicId, 1)
  }

  deleted(topic: TopicImage): void {
    const brokerIds = new Set(topic.partitions.flatMap(({ replicas }) => replicas))
    for (const id of brokerIds) this.#topicsOf(id).delete(topic.id)
  }

  #count(brokerId: BrokerId, topicId: TopicId, change: number): void {
    const topics = this.#topicsOf(brokerId)
    const count = (topics.get(topicId) ?? 0) + change
    if (count === 0) topics.delete(topicId)
    else topics.set(topicId, count)
  }

  #topicsOf(brokerId: BrokerId): MapDraft<TopicId, number> {
    let topics = this.#open.get(brokerId)
    if (topics === undefined) {
      topics = new MapDraft(this.#base.get(brokerId) ?? noTopics)
      this.#open.set(brokerId, topics)
    }
    return topics
  }

  finish(): BrokerIndex {
    const changes = new Map<BrokerId, ReplicaCounts | undefined>()
    for (const [brokerId, draft] of this.#open) {
      const topics = draft.finish()
      changes.set(brokerId, topics.size === 0 ? undefined : topics)
    }
    return this.#base.with(changes)
  }
}
