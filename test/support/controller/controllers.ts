// Controllers for tests: on a log in memory, with counted ids and no chance, and two config rules:
// any name but `bad`.

import { credentials } from '@grpc/grpc-js'
import type { ConfigRules, DecideContext } from '@samsa/controller/decision'
import { supportedFeatures } from '@samsa/controller/features'
import type { FeatureRange, MetadataImage } from '@samsa/controller/image'
import { emptyImage, MetadataDraft } from '@samsa/controller/image/draft'
import type { MetadataLog } from '@samsa/controller/metadata-log'
import { RaftMetadataLog } from '@samsa/controller/quorum/raft-metadata-log'
import { QuorumController } from '@samsa/controller/quorum-controller'
import { decodeRecord, encodeRecord, type NewRecord } from '@samsa/controller/records/record'
import { replay } from '@samsa/controller/replay'
import type { BrokerRegistration, NewTopic } from '@samsa/controller/requests'
import type { RaftDirectory } from '@samsa/raft/driver/directory'
import { systemClock } from '@samsa/raft/driver/system-clock'

export const nodeId = 1

/** Ids that differ and can be told apart: the count, in 16 bytes. */
export function uuidCounter(): () => string {
  let count = 0
  return () => {
    const bytes = Buffer.alloc(16)
    bytes.writeUInt32BE(0xc0ffee, 0)
    bytes.writeUInt32BE(++count, 12)
    return bytes.toString('base64url')
  }
}

export const configRules: ConfigRules = {
  change(_resource, before, changes) {
    const overrides = new Map(before)
    for (const { name, operation, value } of changes) {
      if (name === 'bad') return { type: 'refused', error: 'INVALID_CONFIG', message: 'bad is bad' }
      if (operation === 'delete' || value === null) overrides.delete(name)
      else overrides.set(name, value)
    }
    return { type: 'accepted', overrides }
  },
  replace(_resource, entries) {
    if (entries.some(({ name }) => name === 'bad')) {
      return { type: 'refused', error: 'INVALID_CONFIG', message: 'bad is bad' }
    }
    return {
      type: 'accepted',
      overrides: new Map(entries.map(({ name, value }) => [name, value ?? ''])),
    }
  },
}

export function decideContext(overrides: Partial<DecideContext> = {}): DecideContext {
  return {
    newUuid: uuidCounter(),
    // A shuffle by it leaves the order as it is.
    random: (bound) => bound - 1,
    configRules,
    numPartitionsDefault: 1,
    replicationFactorDefault: 1,
    topicDefaults: { minInsyncReplicas: 1, uncleanLeaderElection: false },
    ...overrides,
  }
}

/** The image that the records make of another one, through bytes as in the log. */
export function applied(image: MetadataImage, records: readonly NewRecord[]): MetadataImage {
  const draft = new MetadataDraft(image)
  for (const record of records) replay(draft, decodeRecord(encodeRecord(record)))
  return draft.finish(image.offset + records.length, image.controllerId).image
}

export interface BrokerSketch {
  readonly id: number
  readonly rack?: string | null
  readonly fenced?: boolean
  readonly logDirs?: readonly string[]
  readonly features?: readonly FeatureRange[]
}

/** The one log directory that a broker has unless a test says otherwise. */
export function directoryOf(brokerId: number): string {
  return `directory-of-broker-${brokerId}`.padEnd(22, 'A')
}

export function brokerRecordOf(sketch: BrokerSketch): NewRecord {
  const { id, rack = null, fenced = false, logDirs = [], features = supportedFeatures } = sketch
  return {
    type: 'registerBroker',
    brokerId: id,
    incarnationId: uuidCounter()(),
    brokerEpoch: id,
    endpoints: [{ listener: 'PLAINTEXT', host: `b${id}`, port: 9092, securityProtocol: 0 }],
    features: features.map(({ name, minVersion, maxVersion }) => ({
      name,
      minSupportedVersion: minVersion,
      maxSupportedVersion: maxVersion,
    })),
    rack,
    fenced,
    logDirs,
  }
}

/** An image with these brokers and nothing else. */
export function imageWith(brokers: readonly BrokerSketch[]): MetadataImage {
  return applied(emptyImage, brokers.map(brokerRecordOf))
}

export function newTopic(name: string, options: Partial<NewTopic> = {}): NewTopic {
  return {
    name,
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: [],
    ...options,
  }
}

export function registration(options: Partial<BrokerRegistration> = {}): BrokerRegistration {
  return {
    brokerId: nodeId,
    clusterId: '',
    features: supportedFeatures,
    previousBrokerEpoch: -1,
    incarnationId: 'incarnation-000000000w',
    endpoints: [{ listener: 'PLAINTEXT', host: 'here', port: 9092, securityProtocol: 'PLAINTEXT' }],
    rack: null,
    logDirs: [directoryOf(options.brokerId ?? nodeId)],
    fenced: false,
    ...options,
  }
}

export interface ControllerOptions {
  readonly log: MetadataLog
  readonly clusterId?: string | null
  readonly newUuid?: () => string
  readonly nowMs?: () => number
  readonly onFault?: (error: Error) => void
  readonly onSnapshotError?: (error: unknown) => void
}

export function makeController(options: ControllerOptions): QuorumController {
  return new QuorumController({
    nodeId,
    clusterId: options.clusterId ?? null,
    log: options.log,
    newUuid: options.newUuid ?? uuidCounter(),
    nowMs: options.nowMs ?? (() => 0),
    // A shuffle by it leaves the order as it is.
    random: (bound) => bound - 1,
    configRules,
    numPartitionsDefault: 1,
    replicationFactorDefault: 1,
    topicDefaults: { minInsyncReplicas: 1, uncleanLeaderElection: false },
    onFault:
      options.onFault ??
      ((error) => {
        throw error
      }),
    ...(options.onSnapshotError === undefined ? {} : { onSnapshotError: options.onSnapshotError }),
  })
}

/** The metadata log of a node that is alone, on that directory. */
export function soleVoterLog(directory: RaftDirectory): RaftMetadataLog {
  return new RaftMetadataLog({
    nodeId,
    directoryId: 'directory-000000000001',
    directory,
    voters: [{ nodeId, host: '127.0.0.1', port: 0 }],
    bootstrapServers: [],
    autoJoin: false,
    ownAddress: () => ({ host: '127.0.0.1', port: 0 }),
    clusterId: () => '',
    registeredAddress: () => null,
    credentials: () => credentials.createInsecure(),
    isNode: () => true,
    clock: systemClock,
    nowMs: () => 1_700_000_000_000,
    random: Math.random,
    events: {
      forming: ignore,
      founding: ignore,
      waiting: ignore,
      refused: ignore,
      damaged: ignore,
      diskFull: ignore,
      quorumChanged: ignore,
    },
  })
}

function ignore(): void {
  // These tests look at the log itself.
}
