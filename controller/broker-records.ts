// The records of brokers: how a registration is written, and the replay of all of them. What is
// decided of brokers is cluster.ts.

import { endpointFields, endpointOf } from './endpoints.ts'
import { MetadataRecordError } from './errors.ts'
import type { MetadataDraft } from './image/draft.ts'
import type { BrokerId, BrokerImage } from './image.ts'
import type { NewRecord, RecordOf } from './records/record.ts'

/** The record that makes the broker what it is; snapshots use it too. */
export function brokerRecord(broker: BrokerImage): NewRecord {
  return {
    type: 'registerBroker',
    brokerId: broker.id,
    incarnationId: broker.incarnationId,
    brokerEpoch: broker.epoch,
    endpoints: broker.endpoints.map(endpointFields),
    features: broker.features.map(({ name, minVersion, maxVersion }) => ({
      name,
      minSupportedVersion: minVersion,
      maxSupportedVersion: maxVersion,
    })),
    rack: broker.rack,
    fenced: broker.fenced,
    inControlledShutdown: broker.inControlledShutdown,
    logDirs: broker.logDirs,
  }
}

export function replayRegisterBroker(
  draft: MetadataDraft,
  record: RecordOf<'registerBroker'>,
): void {
  draft.brokers.set(record.brokerId, {
    id: record.brokerId,
    incarnationId: record.incarnationId,
    epoch: record.brokerEpoch,
    endpoints: record.endpoints.map(endpointOf),
    features: record.features.map(({ name, minSupportedVersion, maxSupportedVersion }) => ({
      name,
      minVersion: minSupportedVersion,
      maxVersion: maxSupportedVersion,
    })),
    rack: record.rack,
    logDirs: record.logDirs,
    fenced: record.fenced,
    inControlledShutdown: record.inControlledShutdown,
  })
  draft.nextBrokerEpoch = Math.max(draft.nextBrokerEpoch, record.brokerEpoch + 1)
}

export function replayUnregisterBroker(
  draft: MetadataDraft,
  record: RecordOf<'unregisterBroker'>,
): void {
  draftBroker(draft, record)
  draft.brokers.delete(record.brokerId)
}

export function replayBrokerRegistrationChange(
  draft: MetadataDraft,
  record: RecordOf<'brokerRegistrationChange'>,
): void {
  const broker = draftBroker(draft, record)
  draft.brokers.set(record.brokerId, {
    ...broker,
    fenced: record.fenced === 0 ? broker.fenced : record.fenced === 1,
    inControlledShutdown: broker.inControlledShutdown || record.inControlledShutdown === 1,
    logDirs: record.logDirs.length > 0 ? record.logDirs : broker.logDirs,
  })
}

function draftBroker(
  draft: MetadataDraft,
  record: { readonly type: string; readonly brokerId: BrokerId; readonly brokerEpoch: number },
): BrokerImage {
  const broker = draft.brokers.get(record.brokerId)
  if (broker?.epoch === record.brokerEpoch) return broker
  throw new MetadataRecordError(
    `a '${record.type}' record is for epoch ${record.brokerEpoch} of broker ${record.brokerId}, ` +
      `which is at ${broker?.epoch ?? 'none'}`,
  )
}

export function replayNextBrokerEpoch(
  draft: MetadataDraft,
  record: RecordOf<'nextBrokerEpoch'>,
): void {
  draft.nextBrokerEpoch = Math.max(draft.nextBrokerEpoch, record.nextBrokerEpoch)
}
