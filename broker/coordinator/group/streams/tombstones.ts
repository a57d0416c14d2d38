// The records that take a whole streams group away.

import type { StreamsGroup } from './streams-group.ts'
import type { StreamsGroupRecord } from './streams-records.ts'

/** In an order in which no record of a group that is gone already comes later. */
export function streamsTombstones(group: StreamsGroup): StreamsGroupRecord[] {
  const { groupId } = group
  const memberIds = new Set([...group.members.keys(), ...group.targets.keys()])
  return [
    ...Array.from(memberIds).flatMap((memberId) =>
      (['current', 'target', 'member'] as const).map((type) => ({
        type,
        groupId,
        memberId,
        value: null,
      })),
    ),
    { type: 'targetEpoch', groupId, value: null },
    { type: 'topology', groupId, value: null },
    { type: 'metadata', groupId, value: null },
  ]
}
