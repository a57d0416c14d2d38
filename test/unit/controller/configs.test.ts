// What altering configs comes to as records.

import { alterConfigs, incrementalAlterConfigs } from '@samsa/controller/configs'
import { configOverrides, type MetadataImage } from '@samsa/controller/image'
import { describe, expect, it } from 'vitest'
import { applied, decideContext, imageWith } from '../../support/controller/controllers.ts'

const context = decideContext()
const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'
const base = applied(imageWith([{ id: 1 }]), [{ type: 'topic', name: 't', topicId }])
const topic = { type: 'topic', name: 't' } as const

function set(image: MetadataImage, name: string, value: string | null, resource = topic) {
  const operation = value === null ? 'delete' : 'set'
  const resources = [{ ...resource, changes: [{ name, operation, value } as const] }]
  return incrementalAlterConfigs(image, { resources, validateOnly: false }, context)
}

describe('IncrementalAlterConfigs', () => {
  it('changes only what is named', () => {
    const first = applied(base, set(base, 'a', '1').records)
    const second = applied(first, set(first, 'b', '2').records)
    expect(Object.fromEntries(configOverrides(second, 'topic', 't'))).toEqual({ a: '1', b: '2' })
    const third = applied(second, set(second, 'a', null).records)
    expect(Object.fromEntries(configOverrides(third, 'topic', 't'))).toEqual({ b: '2' })
    const last = applied(third, set(third, 'b', null).records)
    expect(last.configs.size).toBe(0)
  })

  it('writes nothing for a topic that stays as it is, but tells brokers again', () => {
    const image = applied(base, set(base, 'a', '1').records)
    expect(set(image, 'a', '1').records).toEqual([])
    const broker = { type: 'broker', name: '1' } as const
    const resources = [
      { ...broker, changes: [{ name: 'ssl.keystore', operation: 'set', value: 'k' } as const] },
    ]
    const request = { resources, validateOnly: false }
    const once = applied(base, incrementalAlterConfigs(base, request, context).records)
    expect(incrementalAlterConfigs(once, request, context).records).toHaveLength(1)
  })

  it('stores nothing when it only validates, and nothing of a refused resource', () => {
    const changes = [{ name: 'a', operation: 'set', value: '1' } as const]
    const bad = [{ name: 'bad', operation: 'set', value: '1' } as const]
    const resources = [
      { ...topic, changes },
      { type: 'group', name: 'g', changes: bad } as const,
      { type: 'topic', name: 'missing', changes } as const,
      { type: 'broker', name: '7', changes } as const,
    ]
    const dry = incrementalAlterConfigs(base, { resources, validateOnly: true }, context)
    expect(dry.records).toEqual([])
    const { records, response } = incrementalAlterConfigs(
      base,
      { resources, validateOnly: false },
      context,
    )
    expect(response.map(({ error }) => error)).toEqual([
      'NONE',
      'INVALID_CONFIG',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'BROKER_ID_NOT_REGISTERED',
    ])
    expect(dry.response).toEqual(response)
    expect(records).toHaveLength(1)
  })
})

describe('AlterConfigs', () => {
  it('takes away what is not given', () => {
    const image = applied(base, [...set(base, 'a', '1').records, ...set(base, 'b', '2').records])
    const resources = [{ ...topic, configs: [{ name: 'c', value: '3' }] }]
    const { records } = alterConfigs(image, { resources, validateOnly: false }, context)
    const after = applied(image, records)
    expect(Object.fromEntries(configOverrides(after, 'topic', 't'))).toEqual({ c: '3' })
  })

  it('refuses a resource that comes twice', () => {
    const resources = [
      { ...topic, configs: [{ name: 'c', value: '3' }] },
      { ...topic, configs: [] },
    ]
    const { response } = alterConfigs(base, { resources, validateOnly: false }, context)
    expect(response.map(({ error }) => error)).toEqual(['NONE', 'INVALID_REQUEST'])
  })
})
