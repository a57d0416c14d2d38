// Delegation tokens as the controller decides them, and through the log and snapshots.

import {
  createDelegationToken,
  expireDelegationToken,
  removeExpiredTokens,
  renewDelegationToken,
} from '@samsa/controller/delegation-tokens'
import type { MetadataImage } from '@samsa/controller/image'
import { emptyImage } from '@samsa/controller/image/draft'
import { encodedSnapshot, imageOfSnapshot } from '@samsa/controller/image/snapshot'
import type { NewRecord } from '@samsa/controller/records/record'
import { describe, expect, it } from 'vitest'
import { applied } from '../../support/controller/controllers.ts'
import { plainImage } from '../../support/controller/plain-image.ts'

const request = {
  owner: 'User:ada',
  requester: 'User:proxy',
  renewers: ['User:bob'],
  maxLifetimeMs: 1_000,
  renewPeriodMs: 100,
}
const tokenId = 'token'.padEnd(22, 'A')

function made(nowMs = 5_000): MetadataImage {
  const context = { nowMs, newUuid: () => tokenId }
  return applied(emptyImage, [...createDelegationToken(emptyImage, request, context).records])
}

describe('a delegation token', () => {
  it('is valid for a period, and no longer than its life', () => {
    const { response } = createDelegationToken(emptyImage, request, {
      nowMs: 5_000,
      newUuid: () => tokenId,
    })
    expect(response).toEqual({
      error: 'NONE',
      message: null,
      token: {
        tokenId,
        owner: 'User:ada',
        requester: 'User:proxy',
        renewers: ['User:bob'],
        issueTimestampMs: 5_000,
        maxTimestampMs: 6_000,
        expiryTimestampMs: 5_100,
      },
    })
    const long = { ...request, renewPeriodMs: 5_000 }
    const { token } = createDelegationToken(emptyImage, long, {
      nowMs: 0,
      newUuid: () => tokenId,
    }).response
    expect(token?.expiryTimestampMs).toBe(1_000)
  })

  it('is renewed by its owner and renewers, not by who made it', () => {
    const image = made()
    const renewed = (requester: string, renewPeriodMs: number) =>
      renewDelegationToken(image, { tokenId, requester, renewPeriodMs }, 5_050).response
    expect(renewed('User:ada', 200).token?.expiryTimestampMs).toBe(5_250)
    expect(renewed('User:bob', 20_000).token?.expiryTimestampMs).toBe(6_000)
    expect(renewed('User:proxy', 200).error).toBe('DELEGATION_TOKEN_OWNER_MISMATCH')
  })

  it('ends when its time is over, and cannot be renewed then', () => {
    const renewal = { tokenId, requester: 'User:ada', renewPeriodMs: 100 }
    expect(renewDelegationToken(made(), renewal, 5_100).response.error).toBe('NONE')
    expect(renewDelegationToken(made(), renewal, 5_101).response.error).toBe(
      'DELEGATION_TOKEN_EXPIRED',
    )
    const other = { ...renewal, tokenId: 'other' }
    expect(renewDelegationToken(made(), other, 5_050).response.error).toBe(
      'DELEGATION_TOKEN_NOT_FOUND',
    )
  })

  it('is ended later, or removed at once', () => {
    const image = made()
    const ask = { tokenId, requester: 'User:ada' }
    const later = expireDelegationToken(image, { ...ask, expiryPeriodMs: 10 }, 5_050)
    expect(later.response.token?.expiryTimestampMs).toBe(5_060)
    expect(applied(image, [...later.records]).delegationTokens.get(tokenId)).toEqual(
      later.response.token,
    )
    const now = expireDelegationToken(image, { ...ask, expiryPeriodMs: -1 }, 5_050)
    expect(now.records).toEqual([{ type: 'removeDelegationToken', tokenId }])
    expect(applied(image, [...now.records]).delegationTokens.size).toBe(0)
    const stranger = { tokenId, requester: 'User:eve', expiryPeriodMs: -1 }
    expect(expireDelegationToken(image, stranger, 5_050)).toMatchObject({
      records: [],
      response: { error: 'DELEGATION_TOKEN_OWNER_MISMATCH', token: null },
    })
  })

  it('is removed once it has ended', () => {
    expect(removeExpiredTokens(made(), 5_100).response).toBe(0)
    const { records, response } = removeExpiredTokens(made(), 5_101)
    expect(response).toBe(1)
    expect(applied(made(), [...records]).delegationTokens.size).toBe(0)
  })

  it('comes through a snapshot', () => {
    const image = made()
    const loaded = imageOfSnapshot([...encodedSnapshot(image)], image.offset, image.controllerId)
    expect(plainImage(loaded)).toEqual(plainImage(image))
    expect(() => applied(image, [{ type: 'removeDelegationToken', tokenId: 'x' }])).toThrow(
      'there is none',
    )
  })

  it('is refused to who has too many, or names too many renewers', () => {
    const token = made().delegationTokens.get(tokenId)
    if (token === undefined) throw new Error('no token was made')
    const records = Array.from(
      { length: 1_000 },
      (_, index): NewRecord => ({
        type: 'delegationToken',
        ...token,
        renewers: [],
        tokenId: `token-${index}`,
      }),
    )
    const image = applied(emptyImage, records)
    const context = { nowMs: 0, newUuid: () => tokenId }
    expect(createDelegationToken(image, request, context).response.error).toBe('POLICY_VIOLATION')
    const another = { ...request, requester: 'User:other' }
    expect(createDelegationToken(image, another, context).response.error).toBe('NONE')
    const renewers = Array.from({ length: 101 }, (_, index) => `User:${index}`)
    expect(createDelegationToken(image, { ...another, renewers }, context).response.error).toBe(
      'INVALID_REQUEST',
    )
  })
})
