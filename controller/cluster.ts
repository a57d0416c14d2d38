// Brokers: how they register, are fenced, taken in and removed, and the replay of those records.
// What that does to partitions is elections.ts.

import type { Decision } from './decision.ts'
import { changesOfRestart, changesWith, changesWithout } from './elections.ts'
import { endpointFields, endpointOf } from './endpoints.ts'
import { ControllerError, MetadataRecordError } from './errors.ts'
import type { MetadataDraft } from './image/draft.ts'
import type { BrokerId, BrokerImage, MetadataImage } from './image.ts'
import type { NewRecord, RecordOf } from './records/record.ts'
import type { BrokerRegistered, BrokerRegistration } from './requests.ts'

export function registerBroker(
  image: MetadataImage,
  registration: BrokerRegistration,
): Decision<BrokerRegistered> {
  checkRegistration(image, registration)
  const { brokerId } = registration
  const existing = image.brokers.get(brokerId)
  // The same process may amend what it said of itself; it keeps its epoch and its standing.
  const amends = existing !== undefined && existing.incarnationId === registration.incarnationId
  const broker: BrokerImage = {
    id: brokerId,
    incarnationId: registration.incarnationId,
    epoch: amends ? existing.epoch : image.nextBrokerEpoch,
    endpoints: registration.endpoints,
    features: registration.features,
    rack: registration.rack,
    logDirs: registration.logDirs,
    fenced: amends ? existing.fenced : registration.fenced,
    inControlledShutdown: amends ? existing.inControlledShutdown : false,
  }
  const records: NewRecord[] = [brokerRecord(broker)]
  if (!amends) {
    const changes = registration.fenced ? changesWithout : changesOfRestart
    records.push(...changes(image, brokerId))
  }
  return { records, response: { epoch: broker.epoch } }
}

function checkRegistration(image: MetadataImage, registration: BrokerRegistration): void {
  const { brokerId, logDirs } = registration
  if (brokerId < 0)
    throw invalidRegistration(`A broker id cannot be negative, but it is ${brokerId}.`)
  if (new Set(logDirs).size !== logDirs.length)
    throw invalidRegistration('Duplicate directory ID in request')
  for (const other of image.brokers.values()) {
    if (other.id === brokerId) continue
    const shared = logDirs.find((directory) => other.logDirs.includes(directory))
    if (shared !== undefined) {
      throw invalidRegistration(`Broker ${other.id} is already registered with directory ${shared}`)
    }
  }
}

function invalidRegistration(message: string): ControllerError {
  return new ControllerError('INVALID_REGISTRATION', message)
}

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

export function unregisterBroker(image: MetadataImage, brokerId: BrokerId): Decision<void> {
  const broker = registered(image, brokerId)
  const records: NewRecord[] = [
    ...changesWithout(image, brokerId),
    { type: 'unregisterBroker', brokerId, brokerEpoch: broker.epoch },
  ]
  return { records, response: undefined }
}

export function fenceBroker(
  image: MetadataImage,
  brokerId: BrokerId,
  epoch: number,
): Decision<void> {
  const broker = checkedEpoch(image, brokerId, epoch)
  if (broker.fenced) return { records: [], response: undefined }
  const records: NewRecord[] = [
    { type: 'brokerRegistrationChange', brokerId, brokerEpoch: epoch, fenced: 1 },
    ...changesWithout(image, brokerId),
  ]
  return { records, response: undefined }
}

export function unfenceBroker(
  image: MetadataImage,
  brokerId: BrokerId,
  epoch: number,
): Decision<void> {
  const broker = checkedEpoch(image, brokerId, epoch)
  if (!broker.fenced) return { records: [], response: undefined }
  const records: NewRecord[] = [
    { type: 'brokerRegistrationChange', brokerId, brokerEpoch: epoch, fenced: -1 },
    ...changesWith(image, brokerId),
  ]
  return { records, response: undefined }
}

function registered(image: MetadataImage, brokerId: BrokerId): BrokerImage {
  const broker = image.brokers.get(brokerId)
  if (broker !== undefined) return broker
  throw new ControllerError('BROKER_ID_NOT_REGISTERED', `Broker ID ${brokerId} is not registered.`)
}

/** The broker, if the caller is the process that holds its registration. */
export function checkedEpoch(image: MetadataImage, brokerId: BrokerId, epoch: number): BrokerImage {
  const broker = registered(image, brokerId)
  if (broker.epoch === epoch) return broker
  throw new ControllerError(
    'STALE_BROKER_EPOCH',
    `Expected broker epoch ${broker.epoch} for broker ${brokerId}, but it was ${epoch}.`,
  )
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
