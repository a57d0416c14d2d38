// The topics as the group coordinator sees them: a view of the metadata image that changes only
// when a topic is made, deleted or given partitions, so that groups look at their subscriptions no
// more often than that.

import type { MetadataDelta, MetadataImage, TopicImage } from '@samsa/controller/image'
import type { TopicsView, TopicView } from '../coordinator/group/topics-view.ts'

export class GroupTopics {
  #image: MetadataImage
  #view: TopicsView

  constructor(image: MetadataImage) {
    this.#image = image
    this.#view = viewOf(image, { version: image.offset, createdVersion: image.offset })
  }

  readonly view = (): TopicsView => this.#view

  onMetadata(image: MetadataImage, delta: MetadataDelta): void {
    const before = this.#image
    this.#image = image
    let isCreated = false
    let isResized = false
    for (const id of delta.changedTopics) {
      const known = before.topicsById.get(id)
      const now = image.topicsById.get(id)
      if (known === undefined) isCreated = true
      else if (known.partitions.length !== now?.partitions.length) isResized = true
    }
    const hasChanged = isCreated || isResized || delta.deletedTopics.length > 0
    const version = hasChanged ? image.offset : this.#view.version
    const createdVersion = isCreated ? image.offset : this.#view.createdVersion
    this.#view = viewOf(image, { version, createdVersion })
  }
}

function viewOf(
  image: MetadataImage,
  versions: { readonly version: number; readonly createdVersion: number },
): TopicsView {
  return {
    ...versions,
    byName: (name) => topicView(image.topicsByName.get(name)),
    byId: (id) => topicView(image.topicsById.get(id)),
    names: () => image.topicsByName.keys(),
  }
}

function topicView(topic: TopicImage | undefined): TopicView | undefined {
  if (topic === undefined) return undefined
  return { id: topic.id, name: topic.name, partitionCount: topic.partitions.length }
}
