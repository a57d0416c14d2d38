// The topics of the cluster as groups see them: names, ids and partition counts, and nothing else
// of the metadata. The shell gives each turn the view of its moment; a view never changes.

export interface TopicView {
  readonly id: string
  readonly name: string
  readonly partitionCount: number
}

export interface TopicsView {
  /** Grows with every topic that is made, deleted or given partitions. */
  readonly version: number
  /** The version that last added a topic: patterns resolved before it may have missed one. */
  readonly createdVersion: number
  byName(name: string): TopicView | undefined
  byId(id: string): TopicView | undefined
  names(): Iterable<string>
}

export const noTopics: TopicsView = {
  version: 0,
  createdVersion: 0,
  byName: () => undefined,
  byId: () => undefined,
  names: () => [],
}
