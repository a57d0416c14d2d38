// Changed configs and features, and what they do to partitions in the same decision.

import { alterConfigs, incrementalAlterConfigs } from '@samsa/controller/configs'
import { updateFeatures } from '@samsa/controller/feature-updates'
import { bootstrapRecords, eligibleLeaders } from '@samsa/controller/features'
import { type ConfigResource, configOverrides, type MetadataImage } from '@samsa/controller/image'
import { emptyImage } from '@samsa/controller/image/draft'
import { withEffects } from '@samsa/controller/replication/config-effects'
import { describe, expect, it } from 'vitest'
import { applied } from '../../../support/controller/controllers.ts'
import {
  context,
  fence,
  partition,
  type Sketch,
  withPartition,
} from '../../../support/controller/partitions.ts'

const topic: ConfigResource = { type: 'topic', name: 't' }
const cluster: ConfigResource = { type: 'broker', name: '' }
const minInsync = 'min.insync.replicas'

function configure(image: MetadataImage, on: ConfigResource, name: string, value: string | null) {
  const operation = value === null ? 'delete' : 'set'
  const changes = [{ name, operation, value } as const]
  const request = { resources: [{ ...on, changes }], validateOnly: false }
  const decided = incrementalAlterConfigs(image, request, context)
  const { records, response } = withEffects(image, decided, context.topicDefaults)
  return { image: applied(image, records), answer: response[0], records }
}

describe('min.insync.replicas', () => {
  const world = { elr: true, minInsync: 2 }
  const short = fence(withPartition({ replicas: [1, 2] }, world), 2)

  it('that falls to what is in sync leaves nobody else eligible', () => {
    expect(partition(short)).toMatchObject({ isr: [1], elr: [2] })
    expect(partition(configure(short, topic, minInsync, '1').image).elr).toEqual([])
    expect(partition(configure(short, topic, minInsync, null).image).elr).toEqual([])
  })

  it('of the cluster counts for topics that do not say otherwise', () => {
    expect(partition(configure(short, cluster, minInsync, '1').image).elr).toEqual([2])
    const image = configure(configure(short, cluster, minInsync, '2').image, topic, minInsync, null)
    expect(partition(image.image).elr).toEqual([2])
    expect(partition(configure(image.image, cluster, minInsync, '1').image).elr).toEqual([])
  })

  it('is the same for all brokers while replicas are eligible by it', () => {
    const one: ConfigResource = { type: 'broker', name: '1' }
    expect(configure(short, one, minInsync, '1').answer).toMatchObject({
      error: 'INVALID_CONFIG',
      message: 'Broker-level min.insync.replicas cannot be altered while ELR is enabled.',
    })
    const image = configure(short, cluster, minInsync, '2').image
    expect(configure(image, cluster, minInsync, null).answer).toMatchObject({
      error: 'INVALID_CONFIG',
      message: 'Cluster-level min.insync.replicas cannot be removed while ELR is enabled.',
    })
    const without = { resources: [{ ...cluster, configs: [] }], validateOnly: false }
    expect(alterConfigs(image, without, context).response[0]?.error).toBe('INVALID_CONFIG')
    const free = withPartition({ replicas: [1] })
    expect(configure(free, one, minInsync, '1').answer?.error).toBe('NONE')
  })
})

describe('unclean.leader.election.enable', () => {
  it('gives a partition without a leader one at once', () => {
    const image = fence(withPartition({ replicas: [1, 2], isr: [1] }), 1)
    const unclean = configure(image, topic, 'unclean.leader.election.enable', 'true').image
    expect(partition(unclean)).toMatchObject({ leader: 2, isr: [2], recovering: true })
    const everywhere = configure(image, cluster, 'unclean.leader.election.enable', ' TRUE ').image
    expect(partition(everywhere).leader).toBe(2)
  })

  it('changes no partition that has a leader', () => {
    const image = withPartition({ replicas: [1, 2], isr: [1] })
    const { records } = configure(image, topic, 'unclean.leader.election.enable', 'true')
    expect(records.map(({ type }) => type)).toEqual(['config'])
  })
})

describe('a config that says nothing of replicas', () => {
  it('looks at no partition', () => {
    const image = fence(withPartition({ replicas: [1, 2], isr: [1] }, { unclean: false }), 1)
    const { records } = configure(image, cluster, 'log.retention.ms', '1')
    expect(records.map(({ type }) => type)).toEqual(['config'])
  })
})

describe('eligible leader replicas', () => {
  function turn(image: MetadataImage, level: number, options: { minInsyncReplicas?: number } = {}) {
    const upgradeType = level === 0 ? ('safe-downgrade' as const) : ('upgrade' as const)
    const updates = [{ name: eligibleLeaders.name, maxVersionLevel: level, upgradeType }]
    const topicDefaults = { ...context.topicDefaults, ...options }
    const decided = updateFeatures(image, { updates, validateOnly: false }, { topicDefaults })
    expect(decided.response[0]).toMatchObject({ error: 'NONE' })
    return applied(image, decided.records)
  }
  const founded = applied(emptyImage, bootstrapRecords('c', { minInsyncReplicas: 1 }))
  const image = (sketch: Sketch) => withPartition(sketch, { elr: true, minInsync: 2 })

  it('that are turned off are in sync where nobody else is', () => {
    const short = image({ replicas: [1, 2], isr: [], leader: -1, elr: [2, 1], lastKnownElr: [1] })
    expect(partition(turn(short, 0))).toMatchObject({
      isr: [2, 1],
      elr: [],
      lastKnownElr: [],
      leader: 1,
    })
    const one = image({ replicas: [1, 2], isr: [1], elr: [2] })
    expect(partition(turn(one, 0))).toMatchObject({ isr: [1], elr: [], leader: 1 })
  })

  it('that are turned off leave the last known leader to recover', () => {
    const lost = image({ replicas: [1, 2], isr: [], leader: -1, lastKnownElr: [2] })
    expect(partition(turn(lost, 0))).toMatchObject({ isr: [2], leader: 2, recovering: true })
  })

  it('that are turned on settle one min.insync.replicas for all brokers', () => {
    const off = applied(founded, [
      { type: 'featureLevel', name: eligibleLeaders.name, featureLevel: 0 },
    ])
    expect(configOverrides(turn(off, 1), 'broker', '').has(minInsync)).toBe(false)
    const two = turn(off, 1, { minInsyncReplicas: 2 })
    expect(configOverrides(two, 'broker', '').get(minInsync)).toBe('2')
    expect(turn(two, 1).offset).toBe(two.offset)
  })
})
