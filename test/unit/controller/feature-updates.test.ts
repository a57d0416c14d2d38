// UpdateFeatures: what may be finalized, and Kafka's words for what may not.

import { updateFeatures } from '@samsa/controller/feature-updates'
import { bootstrapRecords } from '@samsa/controller/features'
import type { MetadataImage } from '@samsa/controller/image'
import { emptyImage } from '@samsa/controller/image/draft'
import type { UpdateFeature } from '@samsa/controller/requests'
import { describe, expect, it } from 'vitest'
import { applied, brokerRecordOf, decideContext } from '../../support/controller/controllers.ts'

const context = decideContext()
const founded = applied(emptyImage, [
  ...bootstrapRecords('cluster', { minInsyncReplicas: 1 }),
  brokerRecordOf({ id: 1 }),
])

function update(image: MetadataImage, updates: readonly UpdateFeature[], validateOnly = false) {
  return updateFeatures(image, { updates, validateOnly }, context)
}

function to(
  name: string,
  maxVersionLevel: number,
  upgradeType: UpdateFeature['upgradeType'] = 'upgrade',
): UpdateFeature {
  return { name, maxVersionLevel, upgradeType }
}

const elr = 'eligible.leader.replicas.version'
const at = (name: string, featureLevel: number) =>
  applied(founded, [{ type: 'featureLevel', name, featureLevel }])

describe('a level', () => {
  it('is raised to what everybody supports', () => {
    const image = at('metadata.version', 25)
    const { records, response } = update(image, [to('metadata.version', 30)])
    expect(response).toEqual([{ name: 'metadata.version', error: 'NONE', message: null }])
    expect(applied(image, records).features.get('metadata.version')).toBe(30)
  })

  it('that is there already changes nothing', () => {
    expect(update(founded, [to(elr, 1)])).toMatchObject({
      records: [],
      response: [{ error: 'NONE' }],
    })
  })

  it('is only looked at where that is asked for', () => {
    const { records, response } = update(
      at('metadata.version', 25),
      [to('metadata.version', 30)],
      true,
    )
    expect([records, response[0]?.error]).toEqual([[], 'NONE'])
  })

  it('is lowered where nothing in between changed the metadata', () => {
    const image = at('metadata.version', 29)
    const { records } = update(image, [to('metadata.version', 25, 'safe-downgrade')])
    expect(applied(image, records).features.get('metadata.version')).toBe(25)
  })
})

describe('a level is refused', () => {
  const image = founded
  it.each<[string, UpdateFeature, string]>([
    ['that is negative', to(elr, -1), 'A feature version cannot be less than 0.'],
    [
      'of an unknown feature',
      to('no.such', 1),
      'Local controller -1 does not support this feature.',
    ],
    ['that is too high', to(elr, 2), 'Local controller -1 only supports versions 0-1'],
    [
      'that is lower, without saying so',
      to(elr, 0),
      "Can't downgrade the version of this feature without setting the upgrade type to either " +
        'safe or unsafe downgrade.',
    ],
    [
      'that metadata would be lost by',
      to('metadata.version', 29, 'safe-downgrade'),
      'Refusing to perform the requested downgrade because it might delete metadata information.',
    ],
    [
      'that metadata would be lost by, whoever insists',
      to('metadata.version', 29, 'unsafe-downgrade'),
      'Unsafe metadata downgrade is not supported in this version.',
    ],
  ])('%s', (_, asked, why) => {
    const { records, response } = update(image, [asked])
    expect(records).toEqual([])
    expect(response[0]).toEqual({
      name: asked.name,
      error: 'INVALID_UPDATE_VERSION',
      message: `Invalid update version ${asked.maxVersionLevel} for feature ${asked.name}. ${why}`,
    })
  })

  it('that is higher, as a downgrade', () => {
    const { response } = update(at(elr, 0), [to(elr, 1, 'safe-downgrade')])
    expect(response[0]?.message).toContain("Can't downgrade to a newer version.")
  })

  it('that a registered broker does not support', () => {
    const old = applied(at(elr, 0), [brokerRecordOf({ id: 2, features: [] })])
    const { response } = update(old, [to(elr, 1)])
    expect(response[0]?.message).toContain('Broker 2 does not support this feature.')
  })

  it('that another feature depends on', () => {
    const image22 = at('metadata.version', 22)
    expect(update(image22, [to(elr, 1)]).response[0]?.message).toContain(
      'could not be set to 1 because it depends on metadata.version level 23',
    )
    expect(update(image22, [to(elr, 0, 'safe-downgrade')]).response[0]?.error).toBe('NONE')
  })

  it('with all others of the request', () => {
    const { records, response } = update(at(elr, 0), [to(elr, 1), to('no.such', 1)])
    expect(records).toEqual([])
    expect(response.map(({ name, error }) => [name, error])).toEqual([
      [elr, 'INVALID_UPDATE_VERSION'],
      ['no.such', 'INVALID_UPDATE_VERSION'],
    ])
    expect(response[0]?.message).toContain('feature no.such')
    expect(update(founded, [to(elr, 1), to(elr, 1)]).response[0]?.error).toBe('INVALID_REQUEST')
  })
})
