// Brokers: how they register, are fenced, taken in, stopped and removed. What that does to
// partitions is replication/broker-changes.ts. Whether a broker is alive is decided not here, but
// by whoever keeps its session.

import { checkedEpoch } from './broker-epoch.ts'
import { brokerRecord } from './broker-records.ts'
import type { DecideContext, Decision } from './decision.ts'
import { ControllerError } from './errors.ts'
import { checkBrokerFeatures } from './features.ts'
import { imageAfter } from './image/advance.ts'
import {
  type BrokerId,
  type BrokerImage,
  isReservedDirectory,
  type MetadataImage,
} from './image.ts'
import type { NewRecord } from './records/record.ts'
import {
  changesAfterLoss,
  changesOfDirectory,
  changesOfHandover,
  changesOfLostDirectories,
  changesWith,
  changesWithout,
} from './replication/broker-changes.ts'
import { isActive } from './replication/surroundings.ts'
import type { BrokerRegistered, BrokerRegistration, ControlledShutdown } from './requests.ts'

export function registerBroker(
  image: MetadataImage,
  registration: BrokerRegistration,
  { topicDefaults }: DecideContext,
): Decision<BrokerRegistered> {
  checkRegistration(image, registration)
  const existing = image.brokers.get(registration.brokerId)
  // The same process may amend what it said of itself, that a log directory failed for one; it
  // keeps its epoch and its standing.
  if (existing?.incarnationId === registration.incarnationId) {
    const amended = registered(registration, existing)
    const steps = new Steps(image).add([brokerRecord(amended)])
    steps.add(changesOfLostDirectories(steps.image, amended.id, topicDefaults))
    if (isActive(amended)) steps.add(changesWith(steps.image, amended.id, topicDefaults))
    return { records: steps.records, response: { epoch: amended.epoch } }
  }
  const broker = registered(registration, {
    epoch: image.nextBrokerEpoch,
    fenced: true,
    inControlledShutdown: false,
  })
  const stoppedCleanly =
    existing !== undefined && registration.previousBrokerEpoch === existing.epoch
  const gone = stoppedCleanly ? changesWithout : changesAfterLoss
  const steps = new Steps(image)
  steps.add([brokerRecord(broker)])
  steps.add(gone(steps.image, broker.id, topicDefaults))
  const [directoryId, ...otherDirectories] = broker.logDirs
  if (directoryId !== undefined && otherDirectories.length === 0) {
    const scope = { directoryId, defaults: topicDefaults }
    steps.add(changesOfDirectory(steps.image, broker.id, scope))
  }
  if (!registration.fenced) steps.add(takeIn(steps.image, broker, topicDefaults))
  return { records: steps.records, response: { epoch: broker.epoch } }
}

/** Records of a decision in steps, and the image that they have made so far. */
class Steps {
  readonly records: NewRecord[] = []
  image: MetadataImage

  constructor(image: MetadataImage) {
    this.image = image
  }

  add(records: readonly NewRecord[]): this {
    this.records.push(...records)
    this.image = imageAfter(this.image, records)
    return this
  }
}

type Standing = Pick<BrokerImage, 'epoch' | 'fenced' | 'inControlledShutdown'>

function registered(registration: BrokerRegistration, standing: Standing): BrokerImage {
  const { brokerId, incarnationId, endpoints, features, rack, logDirs } = registration
  const { epoch, fenced, inControlledShutdown } = standing
  return {
    id: brokerId,
    incarnationId,
    epoch,
    endpoints,
    features,
    rack,
    logDirs,
    fenced,
    inControlledShutdown,
  }
}

function checkRegistration(image: MetadataImage, registration: BrokerRegistration): void {
  const { brokerId, clusterId } = registration
  if (clusterId !== image.clusterId) {
    throw new ControllerError(
      'INCONSISTENT_CLUSTER_ID',
      `Expected cluster ID ${image.clusterId}, but got cluster ID ${clusterId}`,
    )
  }
  if (brokerId < 0) {
    throw invalidRegistration(`A broker id cannot be negative, but it is ${brokerId}.`)
  }
  checkDirectories(image, registration)
  checkBrokerFeatures(image, registration.features)
}

function checkDirectories(image: MetadataImage, { brokerId, logDirs }: BrokerRegistration): void {
  if (logDirs.length === 0) throw invalidRegistration('No directories specified in request')
  if (logDirs.some(isReservedDirectory)) {
    throw invalidRegistration('Reserved directory ID in request')
  }
  if (new Set(logDirs).size !== logDirs.length) {
    throw invalidRegistration('Duplicate directory ID in request')
  }
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

export function unregisterBroker(
  image: MetadataImage,
  brokerId: BrokerId,
  { topicDefaults }: DecideContext,
): Decision<void> {
  const broker = image.brokers.get(brokerId)
  if (broker === undefined) {
    throw new ControllerError(
      'BROKER_ID_NOT_REGISTERED',
      `Broker ID ${brokerId} is not currently registered`,
    )
  }
  const records: NewRecord[] = [
    // What it holds stays eligible for now; one that registers anew has nothing to show for it.
    ...changesWithout(image, brokerId, topicDefaults),
    { type: 'unregisterBroker', brokerId, brokerEpoch: broker.epoch },
  ]
  return { records, response: undefined }
}

export function fenceBroker(
  image: MetadataImage,
  { brokerId, epoch }: { brokerId: BrokerId; epoch: number },
  { topicDefaults }: DecideContext,
): Decision<void> {
  const broker = checkedEpoch(image, brokerId, epoch)
  if (broker.fenced) return { records: [], response: undefined }
  const records: NewRecord[] = [
    { type: 'brokerRegistrationChange', brokerId, brokerEpoch: epoch, fenced: 1 },
    ...changesWithout(image, brokerId, topicDefaults),
  ]
  return { records, response: undefined }
}

export function unfenceBroker(
  image: MetadataImage,
  { brokerId, epoch }: { brokerId: BrokerId; epoch: number },
  { topicDefaults }: DecideContext,
): Decision<void> {
  const broker = checkedEpoch(image, brokerId, epoch)
  const records = broker.fenced ? takeIn(image, broker, topicDefaults) : []
  return { records, response: undefined }
}

function takeIn(
  image: MetadataImage,
  { id: brokerId, epoch: brokerEpoch, inControlledShutdown }: BrokerImage,
  topicDefaults: DecideContext['topicDefaults'],
): NewRecord[] {
  // One that is about to stop leads nothing more.
  const changes = inControlledShutdown ? [] : changesWith(image, brokerId, topicDefaults)
  return [{ type: 'brokerRegistrationChange', brokerId, brokerEpoch, fenced: -1 }, ...changes]
}

/** Asked again until none remain: what cannot move yet may be able to once a replica caught up. */
export function beginControlledShutdown(
  image: MetadataImage,
  { brokerId, epoch }: { brokerId: BrokerId; epoch: number },
  { topicDefaults }: DecideContext,
): Decision<ControlledShutdown> {
  const broker = checkedEpoch(image, brokerId, epoch)
  // A fenced broker leads nothing and is in no ISR.
  if (broker.fenced) return { records: [], response: { remainingLeaders: 0 } }
  const { records, remainingLeaders } = changesOfHandover(image, brokerId, topicDefaults)
  if (!broker.inControlledShutdown) {
    const type = 'brokerRegistrationChange'
    records.unshift({ type, brokerId, brokerEpoch: epoch, inControlledShutdown: 1 })
  }
  return { records, response: { remainingLeaders } }
}
