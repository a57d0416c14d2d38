// What consumers of a classic group say to each other through the coordinator: the subscription in
// JoinGroup and the assignment in SyncGroup, for protocol type "consumer". Both start with an int16
// version. A version newer than ours reads as our newest, for later ones only append fields.

import { type Decoded, message } from '../wire/message.ts'
import { array, bytes, field, int32, nullable, string } from '../wire/types.ts'
import { decodeVersioned } from './versioned.ts'

export const consumerProtocolSubscription = message(
  { name: 'ConsumerProtocolSubscription', versions: '0-3', flexible: 'none' },
  {
    topics: array(string),
    userData: field(nullable(bytes), { default: null }),
    ownedPartitions: field(
      array({
        topic: string,
        partitions: array(int32),
      }),
      { since: 1, ignorable: true },
    ),
    generationId: field(int32, { since: 2, default: -1, ignorable: true }),
    rackId: field(nullable(string), { since: 3, default: null, ignorable: true }),
  },
)

export const consumerProtocolAssignment = message(
  { name: 'ConsumerProtocolAssignment', versions: '0-3', flexible: 'none' },
  {
    assignedPartitions: array({
      topic: string,
      partitions: array(int32),
    }),
    userData: field(nullable(bytes), { default: null }),
  },
)

export const consumerProtocolType = 'consumer'

export function decodeConsumerSubscription(
  metadata: Buffer,
): Decoded<typeof consumerProtocolSubscription> {
  return decodeVersioned(consumerProtocolSubscription, metadata, { newer: 'readAsNewest' })
}

export function decodeConsumerAssignment(
  assignment: Buffer,
): Decoded<typeof consumerProtocolAssignment> {
  return decodeVersioned(consumerProtocolAssignment, assignment, { newer: 'readAsNewest' })
}
