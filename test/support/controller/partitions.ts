// One topic `t` on brokers 1 to 4 for tests of what happens to its partitions: images are sketched,
// decisions are applied, and what became of partition 0 is looked at.

import {
  beginControlledShutdown,
  fenceBroker,
  registerBroker,
  unfenceBroker,
  unregisterBroker,
} from '@samsa/controller/cluster'
import type { DecideContext, Decision } from '@samsa/controller/decision'
import { eligibleLeaders } from '@samsa/controller/features'
import type { MetadataImage, PartitionImage } from '@samsa/controller/image'
import type { NewRecord } from '@samsa/controller/records/record'
import type { BrokerRegistration } from '@samsa/controller/requests'
import { applied, decideContext, directoryOf, imageWith, registration } from './controllers.ts'

export const topicId = 'topic'.padEnd(22, 'A')

export interface Sketch {
  readonly replicas: readonly number[]
  readonly isr?: readonly number[]
  readonly leader?: number
  readonly elr?: readonly number[]
  readonly lastKnownElr?: readonly number[]
  readonly adding?: readonly number[]
  readonly removing?: readonly number[]
  readonly directories?: readonly string[]
  readonly recovering?: boolean
}

export interface World {
  /** min.insync.replicas of the topic. */
  readonly minInsync?: number
  readonly unclean?: boolean
  /** Whether eligible leader replicas are on. */
  readonly elr?: boolean
}

export const context: DecideContext = decideContext()

export function withPartition(sketch: Sketch, world: World = {}): MetadataImage {
  return withPartitions([sketch], world)
}

export function withPartitions(sketches: readonly Sketch[], world: World = {}): MetadataImage {
  const records: NewRecord[] = [
    { type: 'topic', name: 't', topicId },
    ...sketches.map((sketch, index) => partitionRecord(sketch, index)),
  ]
  if (world.elr === true) {
    records.push({ type: 'featureLevel', name: eligibleLeaders.name, featureLevel: 1 })
  }
  const topic = { type: 'config', resourceType: 2, resourceName: 't' } as const
  if (world.minInsync !== undefined) {
    records.push({ ...topic, name: 'min.insync.replicas', value: `${world.minInsync}` })
  }
  if (world.unclean === true) {
    records.push({ ...topic, name: 'unclean.leader.election.enable', value: 'true' })
  }
  const brokers = [1, 2, 3, 4].map((id) => ({ id, logDirs: [directoryOf(id)] }))
  return applied(imageWith(brokers), records)
}

function partitionRecord(sketch: Sketch, partitionId: number): NewRecord {
  const { replicas, isr = replicas } = sketch
  return {
    type: 'partition',
    topicId,
    partitionId,
    replicas,
    isr,
    leader: sketch.leader ?? isr[0] ?? -1,
    leaderEpoch: 5,
    partitionEpoch: 9,
    directories: sketch.directories ?? replicas.map(directoryOf),
    eligibleLeaderReplicas: sketch.elr ?? null,
    lastKnownElr: sketch.lastKnownElr ?? null,
    addingReplicas: sketch.adding ?? [],
    removingReplicas: sketch.removing ?? [],
    leaderRecoveryState: sketch.recovering === true ? 1 : 0,
  }
}

export function partition(image: MetadataImage, index = 0): PartitionImage {
  const found = image.topicsByName.get('t')?.partitions[index]
  if (found === undefined) throw new Error('no partition')
  return found
}

export const epochOf = (image: MetadataImage, id: number) => image.brokers.get(id)?.epoch ?? -1

type BrokerEvent<T> = (
  image: MetadataImage,
  broker: { brokerId: number; epoch: number },
  context: DecideContext,
) => Decision<T>

function after<T>(event: BrokerEvent<T>): (image: MetadataImage, id: number) => MetadataImage {
  return (image, brokerId) => {
    const { records } = event(image, { brokerId, epoch: epochOf(image, brokerId) }, context)
    return applied(image, records)
  }
}

export const fence = after(fenceBroker)
export const unfence = after(unfenceBroker)
export const shutDown = after(beginControlledShutdown)

export function unregister(image: MetadataImage, brokerId: number): MetadataImage {
  return applied(image, unregisterBroker(image, brokerId, context).records)
}

/** Another process takes the broker's place; uncleanly, unless the options say otherwise. */
export function restart(
  image: MetadataImage,
  brokerId: number,
  options: Partial<BrokerRegistration> = {},
): MetadataImage {
  const incarnationId = 'another-process-000000'.padEnd(22, 'A')
  const given = registration({ brokerId, fenced: true, incarnationId, ...options })
  return applied(image, registerBroker(image, given, context).records)
}

/** As `restart`, after a clean stop. */
export function restartCleanly(image: MetadataImage, brokerId: number): MetadataImage {
  return restart(image, brokerId, { previousBrokerEpoch: epochOf(image, brokerId) })
}
