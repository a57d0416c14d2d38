// The group coordinator behind the handlers of a local node, its topic kept in memory: what
// node.ts does when partitions of `__consumer_offsets` get a leader, and when topics go.

import { offsetsTopic } from '@samsa/controller/topic-names'
import {
  consumerGroupSettings,
  streamsGroupSettings,
} from '../../../broker/config/group-configs.ts'
import { groupConfig } from '../../../broker/coordinator/group/group-config.ts'
import { GroupCoordinator } from '../../../broker/coordinator/group/group-coordinator.ts'
import { GroupTopics } from '../../../broker/wiring/group-topics.ts'
import { type LocalNode, startLocalNode } from '../admin/local-node.ts'
import { FakeTime } from '../fake-time.ts'
import { MemoryPartitionWriter } from '../memory-partition-writer.ts'

export interface LocalGroups extends LocalNode {
  readonly groups: GroupCoordinator
  readonly time: FakeTime
  readonly writer: MemoryPartitionWriter
}

export async function startLocalGroups(overrides: readonly string[]): Promise<LocalGroups> {
  const time = new FakeTime()
  const writer = new MemoryPartitionWriter()
  let uuids = 0
  const groups: GroupCoordinator = new GroupCoordinator({
    config: () => {
      const broker = node.services.config()
      return groupConfig(broker, {
        consumer: () => consumerGroupSettings(broker, new Map()),
        streams: () => streamsGroupSettings(broker, new Map()),
      })
    },
    topics: () => new GroupTopics(node.services.metadata()).view(),
    partitionCount: () => node.services.config().offsetsTopicNumPartitions,
    writer,
    clock: time,
    timers: time,
    newUuid: () => `0-0-0-0-${++uuids}`,
    onFault: (_, error) => {
      throw error
    },
  })
  const node = await startLocalNode({ overrides, services: { groups } })
  node.controller.subscribe((image, delta) => {
    groups.onTopicsDeleted(delta.deletedTopics)
    for (const { index, leaderEpoch } of image.topicsByName.get(offsetsTopic)?.partitions ?? []) {
      void groups.onElected(index, leaderEpoch)
    }
  })
  return { ...node, groups, time, writer }
}
