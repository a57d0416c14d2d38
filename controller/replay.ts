// replay(record): the only way that metadata changes, on the active controller and on every
// follower alike. One line a record type; each aspect replays its own.

import { assertNever } from './assert.ts'
import {
  replayBrokerRegistrationChange,
  replayNextBrokerEpoch,
  replayRegisterBroker,
  replayUnregisterBroker,
} from './broker-records.ts'
import { replayClientQuota } from './client-quotas.ts'
import { replayConfig } from './configs.ts'
import { replayRegisterController } from './controllers.ts'
import { replayDelegationToken, replayRemoveDelegationToken } from './delegation-tokens.ts'
import { replayCluster, replayFeatureLevel } from './features.ts'
import type { MetadataDraft } from './image/draft.ts'
import { replayPartition, replayPartitionChange } from './partitions.ts'
import { replayProducerIds } from './producer-ids.ts'
import type { MetadataRecord } from './records/record.ts'
import {
  replayAccessControlEntry,
  replayRemoveAccessControlEntry,
  replayRemoveScramCredential,
  replayScramCredential,
} from './security.ts'
import { replayRemoveTopic, replayTopic } from './topics.ts'

export function replay(draft: MetadataDraft, record: MetadataRecord): void {
  switch (record.type) {
    case 'registerBroker':
      return replayRegisterBroker(draft, record)
    case 'unregisterBroker':
      return replayUnregisterBroker(draft, record)
    case 'brokerRegistrationChange':
      return replayBrokerRegistrationChange(draft, record)
    case 'nextBrokerEpoch':
      return replayNextBrokerEpoch(draft, record)
    case 'registerController':
      return replayRegisterController(draft, record)
    case 'topic':
      return replayTopic(draft, record)
    case 'removeTopic':
      return replayRemoveTopic(draft, record)
    case 'partition':
      return replayPartition(draft, record)
    case 'partitionChange':
      return replayPartitionChange(draft, record)
    case 'config':
      return replayConfig(draft, record)
    case 'featureLevel':
      return replayFeatureLevel(draft, record)
    case 'cluster':
      return replayCluster(draft, record)
    case 'producerIds':
      return replayProducerIds(draft, record)
    case 'clientQuota':
      return replayClientQuota(draft, record)
    case 'accessControlEntry':
      return replayAccessControlEntry(draft, record)
    case 'removeAccessControlEntry':
      return replayRemoveAccessControlEntry(draft, record)
    case 'userScramCredential':
      return replayScramCredential(draft, record)
    case 'removeUserScramCredential':
      return replayRemoveScramCredential(draft, record)
    case 'delegationToken':
      return replayDelegationToken(draft, record)
    case 'removeDelegationToken':
      return replayRemoveDelegationToken(draft, record)
    case 'noOp':
      return undefined
    default:
      return assertNever(record)
  }
}
