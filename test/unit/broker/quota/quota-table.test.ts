// Which quota holds a client, in Kafka's order of precedence.

import { QuotaTable } from '@samsa/broker/quota/quota-table'
import { quotaEntityKey } from '@samsa/controller/client-quotas'
import { describe, expect, it } from 'vitest'

type Names = Readonly<Record<string, string | null>>

function tableOf(...quotas: readonly (readonly [Names, Readonly<Record<string, number>>])[]) {
  const images = quotas.map(([names, values]) => {
    const entity = Object.entries(names).map(([type, name]) => ({ type, name }))
    return { entity, values: new Map(Object.entries(values)) }
  })
  return new QuotaTable(new Map(images.map((image) => [quotaEntityKey(image.entity), image])))
}

/** The eight levels, the strongest first, and who shares each. */
const levels: readonly (readonly [Names, string | null, string | null])[] = [
  [{ user: 'ada', 'client-id': 'app' }, 'ada', 'app'],
  [{ user: 'ada', 'client-id': null }, 'ada', 'app'],
  [{ user: 'ada' }, 'ada', null],
  [{ user: null, 'client-id': 'app' }, 'ada', 'app'],
  [{ user: null, 'client-id': null }, 'ada', 'app'],
  [{ user: null }, 'ada', null],
  [{ 'client-id': 'app' }, null, 'app'],
  [{ 'client-id': null }, null, 'app'],
]

describe('QuotaTable', () => {
  it.each(levels.map((_, index) => index))('level %i yields to those before it', (from) => {
    const rates = levels
      .slice(from)
      .map(([names], index) => [names, { producer_byte_rate: from + index }] as const)
    const [, user, clientId] = levels[from] ?? []
    const found = tableOf(...rates.toReversed()).find('producer_byte_rate', 'ada', 'app')
    expect(found).toEqual({ value: from, user, clientId })
  })

  it('looks for each key by itself', () => {
    const table = tableOf(
      [{ user: 'ada', 'client-id': 'app' }, { consumer_byte_rate: 1 }],
      [{ 'client-id': 'app' }, { producer_byte_rate: 2 }],
    )
    expect(table.find('producer_byte_rate', 'ada', 'app')?.value).toBe(2)
    expect(table.find('consumer_byte_rate', 'ada', 'app')?.value).toBe(1)
    expect(table.find('request_percentage', 'ada', 'app')).toBeNull()
  })

  it('holds nobody by the quotas of others', () => {
    const table = tableOf([{ user: 'ada' }, { producer_byte_rate: 1 }])
    expect(table.find('producer_byte_rate', 'bob', 'ada')).toBeNull()
  })

  it('tells a name from the default, whatever the name is', () => {
    const table = tableOf([{ user: 'default' }, { producer_byte_rate: 1 }])
    expect(table.find('producer_byte_rate', 'ada', '')).toBeNull()
    expect(table.find('producer_byte_rate', 'default', '')?.value).toBe(1)
  })

  it('finds the rate of an address, or that of all addresses', () => {
    const table = tableOf(
      [{ ip: '10.0.0.1' }, { connection_creation_rate: 5 }],
      [{ ip: null }, { connection_creation_rate: 9 }],
    )
    expect(table.connectionRate('10.0.0.1')).toBe(5)
    expect(table.connectionRate('10.0.0.2')).toBe(9)
    expect(table.isEmpty).toBe(true)
    expect(tableOf().connectionRate('10.0.0.1')).toBeNull()
  })
})
