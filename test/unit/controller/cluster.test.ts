// Brokers register, lose their registration to their successors, and get producer ids.

import {
  beginControlledShutdown,
  fenceBroker,
  registerBroker,
  unfenceBroker,
  unregisterBroker,
} from '@samsa/controller/cluster'
import type { FeatureRange } from '@samsa/controller/image'
import { emptyImage } from '@samsa/controller/image/draft'
import { allocateProducerIds } from '@samsa/controller/producer-ids'
import { describe, expect, it } from 'vitest'
import {
  applied,
  decideContext,
  imageWith,
  registration,
} from '../../support/controller/controllers.ts'

const context = decideContext()
const directory = (name: string) => name.padEnd(22, 'A')

describe('the registration of a broker', () => {
  it('keeps all that the broker said', () => {
    const given = registration({
      brokerId: 4,
      rack: 'east',
      features: [{ name: 'metadata.version', minVersion: 7, maxVersion: 30 }],
      fenced: true,
      logDirs: [directory('one'), directory('two')],
      endpoints: [
        { listener: 'PLAIN', host: 'a', port: 1, securityProtocol: 'PLAINTEXT' },
        { listener: 'OUTSIDE', host: 'b', port: 65_535, securityProtocol: 'SASL_SSL' },
      ],
    })
    const { records, response } = registerBroker(emptyImage, given, context)
    expect(applied(emptyImage, records).brokers.get(4)).toEqual({
      id: 4,
      incarnationId: given.incarnationId,
      epoch: response.epoch,
      endpoints: given.endpoints,
      features: given.features,
      rack: 'east',
      logDirs: given.logDirs,
      fenced: true,
      inControlledShutdown: false,
    })
  })

  it('gets a new epoch for each process, also after the broker was removed', () => {
    let image = imageWith([{ id: 1 }, { id: 9 }])
    const epochs = [1, 2, 3].map(() => {
      const { records, response } = registerBroker(image, registration({ brokerId: 1 }), context)
      image = applied(image, records)
      image = applied(image, unregisterBroker(image, 1, context).records)
      return response.epoch
    })
    expect(epochs).toEqual([10, 11, 12])
  })

  it('is refused for directories that are another broker’s or its own twice', () => {
    const first = registration({ brokerId: 1, logDirs: [directory('shared')] })
    const image = applied(emptyImage, registerBroker(emptyImage, first, context).records)
    const register = (logDirs: string[]) =>
      registerBroker(image, registration({ brokerId: 2, logDirs }), context)
    expect(() => register([directory('shared')])).toThrow('Broker 1 is already registered')
    expect(() => register([directory('x'), directory('x')])).toThrow('Duplicate directory')
    expect(() => registerBroker(image, registration({ brokerId: -1 }), context)).toThrow('negative')
    expect(() => register([])).toThrow('No directories specified')
    expect(() => register(['AAAAAAAAAAAAAAAAAAAAAQ'])).toThrow('Reserved directory')
    expect(() => register(['too-short'])).toThrow('Reserved directory')
  })

  it('is refused where it belongs to another cluster', () => {
    const image = applied(emptyImage, [{ type: 'cluster', clusterId: 'ours' }])
    const given = registration({ clusterId: 'theirs' })
    expect(() => registerBroker(image, given, context)).toThrow(
      expect.objectContaining({
        kafkaError: 'INCONSISTENT_CLUSTER_ID',
        message: 'Expected cluster ID ours, but got cluster ID theirs',
      }),
    )
  })

  it('is refused where it cannot serve what the cluster has finalized', () => {
    const level = { type: 'featureLevel', name: 'metadata.version', featureLevel: 30 } as const
    const image = applied(emptyImage, [level])
    const refused = (features: FeatureRange[], range: string) =>
      expect(() => registerBroker(image, registration({ features }), context)).toThrow(
        'Unable to register because the broker does not support finalized version 30 of ' +
          `metadata.version. The broker wants a version between ${range}, inclusive.`,
      )
    refused([{ name: 'metadata.version', minVersion: 7, maxVersion: 25 }], '7 and 25')
    refused([], '0 and 0')
  })
})

describe('requests of a broker', () => {
  it('are refused once another process holds its registration', () => {
    const image = imageWith([{ id: 1, fenced: true }])
    const stale = { kafkaError: 'STALE_BROKER_EPOCH' }
    const asStale = { brokerId: 1, epoch: 0 }
    for (const ask of [unfenceBroker, fenceBroker, beginControlledShutdown]) {
      expect(() => ask(image, asStale, context)).toThrow(expect.objectContaining(stale))
    }
    expect(() => allocateProducerIds(image, 1, 0)).toThrow(expect.objectContaining(stale))
  })

  it('are refused when it is not registered', () => {
    const unknown = expect.objectContaining({ kafkaError: 'BROKER_ID_NOT_REGISTERED' })
    const stale = expect.objectContaining({ kafkaError: 'STALE_BROKER_EPOCH' })
    const broker = { brokerId: 1, epoch: 0 }
    expect(() => unfenceBroker(emptyImage, broker, context)).toThrow(stale)
    expect(() => unregisterBroker(emptyImage, 1, context)).toThrow(unknown)
  })
})

describe('producer ids', () => {
  it('come in blocks that never overlap', () => {
    let image = imageWith([{ id: 1 }])
    const blocks = [1, 2, 3].map(() => {
      const { records, response } = allocateProducerIds(image, 1, 1)
      image = applied(image, records)
      return response
    })
    expect(blocks).toEqual([
      { first: 0, count: 1000 },
      { first: 1000, count: 1000 },
      { first: 2000, count: 1000 },
    ])
  })

  it('run out with an error and not with an id used twice', () => {
    const nextProducerId = Number.MAX_SAFE_INTEGER - 500
    const image = applied(imageWith([{ id: 1 }]), [
      { type: 'producerIds', brokerId: 1, nextProducerId },
    ])
    expect(() => allocateProducerIds(image, 1, 1)).toThrow('Exhausted all producerIds')
  })

  it('never go back in the log', () => {
    const image = applied(imageWith([{ id: 1 }]), [
      { type: 'producerIds', brokerId: 1, nextProducerId: 2000 },
    ])
    const back = { type: 'producerIds', brokerId: 1, nextProducerId: 1000 } as const
    expect(() => applied(image, [back])).toThrow('producer ids go back from 2000 to 1000')
  })
})
