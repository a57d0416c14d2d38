// Clients held to their quotas, on a clock moved by hand.

import { ClientQuotas } from '@samsa/broker/quota/client-quotas'
import { accountIdleMaxMs, accountsMax } from '@samsa/broker/quota/limits'
import { quotaEntityKey } from '@samsa/controller/client-quotas'
import { describe, expect, it } from 'vitest'

type Names = Readonly<Record<string, string | null>>

type Quota = readonly [Names, Readonly<Record<string, number>>]

function quotasOf(...quotas: readonly Quota[]) {
  const images = quotas.map(([names, values]) => {
    const entity = Object.entries(names).map(([type, name]) => ({ type, name }))
    return { entity, values: new Map(Object.entries(values)) }
  })
  return new Map(images.map((image) => [quotaEntityKey(image.entity), image]))
}

function held(...quotas: readonly Quota[]) {
  const windows = { samples: 11, sampleSeconds: 1 }
  const made = new ClientQuotas({ clientWindows: windows, controllerWindows: windows })
  made.update(quotasOf(...quotas), 0)
  return made
}

const client = (clientId: string | null, principal = 'User:ada') => {
  return { connection: {}, principal, clientId }
}
const nothing = { produceBytes: 0, fetchBytes: 0, busyMs: 0 }
const produce = (produceBytes: number) => ({ ...nothing, produceBytes })

/** Bytes that a client gets through in `seconds` that sends again as soon as it may. */
function flatOut(quotas: ClientQuotas, who: ReturnType<typeof client>, seconds: number) {
  let bytes = 0
  let nowMs = 1_000_000
  const endMs = nowMs + seconds * 1000
  for (let index = 0; nowMs < endMs; index++) {
    const size = 20_000 + ((index * 7919) % 80_000)
    bytes += size
    // Of its own it makes 20 MB/s.
    nowMs += size / 20_000 + quotas.spend(who, produce(size), nowMs)
  }
  return bytes
}

describe('ClientQuotas', () => {
  it('holds a client within 5 % of its byte rate over 30 s, while others keep theirs', () => {
    const quotas = held(
      [{ 'client-id': 'slow' }, { producer_byte_rate: 1_000_000 }],
      [{ 'client-id': 'fast' }, { producer_byte_rate: 8_000_000 }],
    )
    const rates = ['slow', 'fast', 'free'].map((id) => flatOut(quotas, client(id), 30) / 30)
    expect(Math.abs((rates[0] ?? 0) / 1_000_000 - 1)).toBeLessThan(0.05)
    expect(Math.abs((rates[1] ?? 0) / 8_000_000 - 1)).toBeLessThan(0.05)
    expect(rates[2]).toBeGreaterThan(19_000_000)
  })

  it('has the connections of a client share one quota', () => {
    const quotas = held([{ user: null }, { producer_byte_rate: 1000 }])
    const [first, second, other] = [client('a'), client('b'), client('a', 'User:bob')]
    expect(quotas.spend(first, produce(1000), 0)).toBe(1000)
    expect(quotas.spend(second, produce(1000), 0)).toBe(2000)
    expect(quotas.spend(other, produce(1000), 0)).toBe(1000)
  })

  it('knows bytes out, bytes in and time apart, and waits for the longest', () => {
    const quotas = held([
      { user: 'ada' },
      { producer_byte_rate: 1000, consumer_byte_rate: 500, request_percentage: 10 },
    ])
    expect(quotas.spend(client('a'), { ...nothing, fetchBytes: 1000 }, 0)).toBe(2000)
    expect(quotas.spend(client('a'), { ...nothing, busyMs: 20 }, 0)).toBe(200)
    expect(quotas.spend(client('a'), { produceBytes: 100, fetchBytes: 0, busyMs: 20 }, 0)).toBe(400)
    // Time is paid for within one window.
    expect(quotas.spend(client('a'), { ...nothing, busyMs: 5_000 }, 0)).toBe(1000)
  })

  it('lets nobody wait for longer than all windows', () => {
    const quotas = held([{ user: 'ada' }, { producer_byte_rate: 1 }])
    expect(quotas.spend(client('a'), produce(100_000_000), 0)).toBe(11_000)
  })

  it('follows a change at once, debts included', () => {
    const quotas = held([{ user: 'ada' }, { producer_byte_rate: 1000 }])
    const one = client('a')
    expect(quotas.spend(one, produce(1000), 0)).toBe(1000)
    quotas.update(quotasOf([{ user: 'ada' }, { producer_byte_rate: 10_000 }]), 0)
    expect(quotas.spend(one, produce(1000), 0)).toBe(200)
    quotas.update(quotasOf([{ user: 'ada', 'client-id': 'a' }, { producer_byte_rate: 500 }]), 0)
    expect(quotas.accountCount).toBe(0)
    expect(quotas.spend(one, produce(1000), 0)).toBe(2000)
    quotas.update(quotasOf(), 0)
    expect(quotas.enforced).toBe(false)
    expect(quotas.spend(one, produce(1000), 0)).toBe(0)
  })

  it('gives a client that logs in anew the quotas of its new name', () => {
    const quotas = held([{ user: 'ada' }, { producer_byte_rate: 1000 }])
    const connection = {}
    const cost = produce(1000)
    expect(quotas.spend({ connection, principal: 'User:ada', clientId: null }, cost, 0)).toBe(1000)
    expect(quotas.spend({ connection, principal: 'User:bob', clientId: null }, cost, 0)).toBe(0)
  })

  it('bounds the size of a response by a window of the quota', () => {
    const quotas = held([{ user: 'ada' }, { consumer_byte_rate: 5000 }])
    expect(quotas.fetchBytesMax(client('a'), 0)).toBe(5000)
    expect(quotas.fetchBytesMax(client('a', 'User:bob'), 0)).toBe(Number.POSITIVE_INFINITY)
  })

  it('refuses mutations of a strict client while it owes, and makes another one wait', () => {
    const quotas = held([{ user: 'ada' }, { controller_mutation_rate: 1 }])
    const one = client('a')
    const strict = (partitions: number, nowMs: number) =>
      quotas.mutate(one, { partitions, strict: true }, nowMs)
    // Eleven were saved; what goes beyond is allowed and owed.
    expect(strict(8, 0)).toEqual({ allowed: true, waitMs: 0 })
    expect(strict(8, 0)).toEqual({ allowed: true, waitMs: 0 })
    expect(strict(1, 0)).toEqual({ allowed: false, waitMs: 5000 })
    expect(quotas.mutate(one, { partitions: 1, strict: false }, 0)).toEqual({
      allowed: true,
      waitMs: 6000,
    })
    expect(strict(1, 6000)).toEqual({ allowed: true, waitMs: 0 })
  })

  it('accounts for so many clients and no more, and gives up those that went', () => {
    const quotas = held([{ 'client-id': null }, { producer_byte_rate: 1000 }])
    for (let index = 0; index < accountsMax + 10; index++) {
      quotas.spend(client(`c${index}`), produce(1), index)
    }
    expect(quotas.accountCount).toBeLessThanOrEqual(accountsMax)
    quotas.spend(client('last'), produce(1), accountsMax + 10 + accountIdleMaxMs)
    expect(quotas.accountCount).toBeLessThanOrEqual(20)
  })

  it('counts what it made clients wait for', () => {
    const quotas = held([{ user: 'ada' }, { producer_byte_rate: 1000 }])
    quotas.spend(client('a'), produce(500), 0)
    expect(quotas.totals.Produce).toEqual({ throttled: 1, throttleMs: 500 })
    const [account] = quotas.accounts
    expect(account?.rate(0)).toBeCloseTo(50)
    expect(account?.user).toBe('ada')
  })
})
