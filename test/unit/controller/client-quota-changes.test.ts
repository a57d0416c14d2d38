// What may be set of client quotas, in Kafka's words, and what becomes of it.

import { alterClientQuotas } from '@samsa/controller/client-quota-changes'
import { quotaEntityKey } from '@samsa/controller/client-quotas'
import { emptyImage } from '@samsa/controller/image/draft'
import type { ClientQuotaOp } from '@samsa/controller/requests'
import { describe, expect, it } from 'vitest'
import { applied } from '../../support/controller/controllers.ts'

type Names = readonly (readonly [string, string | null])[]

const alteration = (names: Names, ...ops: readonly ClientQuotaOp[]) => {
  return { entity: names.map(([type, name]) => ({ type, name })), ops }
}
const set = (key: string, value: number): ClientQuotaOp => ({ key, value, remove: false })
const remove = (key: string): ClientQuotaOp => ({ key, value: 0, remove: true })
const ada: Names = [['user', 'ada']]

function decide(...alterations: ReturnType<typeof alteration>[]) {
  return alterClientQuotas(emptyImage, { alterations, validateOnly: false })
}

function errorOf(...alterations: ReturnType<typeof alteration>[]) {
  const { records, response } = decide(...alterations)
  const outcome = response.at(-1)
  expect(outcome?.error).toBe('INVALID_REQUEST')
  expect(records.length).toBe(alterations.length - 1)
  return outcome?.message
}

describe('alterClientQuotas', () => {
  it('sets, changes and removes the values of an entity', () => {
    const both: Names = [
      ['user', 'ada'],
      ['client-id', null],
    ]
    const first = decide(
      alteration(both, set('producer_byte_rate', 1000), set('request_percentage', 12.5)),
    )
    expect(first.response.map(({ error }) => error)).toEqual(['NONE'])
    const image = applied(emptyImage, first.records)
    const turned = alteration(
      [...both].toReversed(),
      set('producer_byte_rate', 2000),
      remove('request_percentage'),
      remove('consumer_byte_rate'),
    )
    const second = alterClientQuotas(image, { alterations: [turned], validateOnly: false })
    expect(second.records).toHaveLength(2)
    const after = applied(image, second.records)
    expect([...after.clientQuotas.values()]).toEqual([
      { entity: alteration(both).entity, values: new Map([['producer_byte_rate', 2000]]) },
    ])
    expect(after.clientQuotas.has(quotaEntityKey(turned.entity))).toBe(true)
  })

  it('writes nothing for what is so already, or is only asked about', () => {
    const wanted = alteration(ada, set('producer_byte_rate', 1000))
    const image = applied(emptyImage, decide(wanted).records)
    const again = alterClientQuotas(image, { alterations: [wanted], validateOnly: false })
    expect(again.records).toEqual([])
    const asked = alterClientQuotas(emptyImage, { alterations: [wanted], validateOnly: true })
    expect(asked).toEqual({
      records: [],
      response: [{ entity: wanted.entity, error: 'NONE', message: null }],
    })
  })

  it('takes addresses and names of hosts, and the default of all', () => {
    for (const name of ['10.0.0.1', 'fe80::1', '::1', 'web-1.example.org', null]) {
      const { response } = decide(alteration([['ip', name]], set('connection_creation_rate', 5)))
      expect([name, response[0]?.error]).toEqual([name, 'NONE'])
    }
  })

  it('refuses entities that there cannot be', () => {
    const rate = set('producer_byte_rate', 1)
    expect(errorOf(alteration([], rate))).toBe('Invalid empty client quota entity')
    expect(errorOf(alteration([['group', 'a']], rate))).toBe(
      'Unhandled client quota entity type: group',
    )
    expect(errorOf(alteration([['user', '']], rate))).toBe('Empty user not supported')
    const twice: Names = [...ada, ['user', 'bob']]
    expect(errorOf(alteration(twice, rate))).toContain('duplicate entity entry user')
    const mixed: Names = [...ada, ['ip', null]]
    expect(errorOf(alteration(mixed, rate))).toBe('Invalid empty client quota entity')
    expect(errorOf(alteration([['ip', 'no host']], set('connection_creation_rate', 1)))).toBe(
      'no host is not a valid IP or resolvable host.',
    )
  })

  it('refuses keys and values that there cannot be, with all that came with them', () => {
    const good = set('consumer_byte_rate', 1)
    expect(errorOf(alteration(ada, good, set('bytes', 1)))).toBe('Invalid configuration key bytes')
    expect(errorOf(alteration(ada, good, set('connection_creation_rate', 1)))).toBe(
      'Invalid configuration key connection_creation_rate',
    )
    expect(errorOf(alteration(ada, good, set('producer_byte_rate', 1.5)))).toBe(
      'Configuration producer_byte_rate must be a Long value',
    )
    expect(errorOf(alteration(ada, set('request_percentage', Number.NaN)))).toContain('number')
    expect(errorOf(alteration(ada, good, good))).toContain('Duplicate quota key consumer_byte_rate')
    expect(errorOf(alteration(ada, good), alteration(ada, good))).toContain('duplicate entity')
  })
})
