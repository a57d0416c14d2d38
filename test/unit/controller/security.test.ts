// Client quotas, access control entries and credentials through the log and snapshots.

import { quotaEntityKey } from '@samsa/controller/client-quotas'
import { diffImages } from '@samsa/controller/image/delta'
import { emptyImage } from '@samsa/controller/image/draft'
import { encodedSnapshot, imageOfSnapshot } from '@samsa/controller/image/snapshot'
import type { NewRecord } from '@samsa/controller/records/record'
import { describe, expect, it } from 'vitest'
import { applied } from '../../support/controller/controllers.ts'
import { plainImage } from '../../support/controller/plain-image.ts'

const user = { entityType: 'user', entityName: 'ada' }
const anyClient = { entityType: 'client-id', entityName: null }
const ofBoth = [
  { type: 'user', name: 'ada' },
  { type: 'client-id', name: null },
]

type Entity = readonly { readonly entityType: string; readonly entityName: string | null }[]

function quota(key: string, value: number, entity: Entity = [user, anyClient]): NewRecord {
  return { type: 'clientQuota', entity, key, value, remove: false }
}

const entry = {
  id: 'entry'.padEnd(22, 'A'),
  resourceType: 2,
  resourceName: 'orders',
  patternType: 3,
  principal: 'User:ada',
  host: '*',
  operation: 3,
  permissionType: 3,
}

const credential = {
  name: 'ada',
  mechanism: 1,
  salt: Buffer.from('salt'),
  storedKey: Buffer.from('stored'),
  serverKey: Buffer.from('server'),
  iterations: 8192,
}

describe('client quotas', () => {
  const two = applied(emptyImage, [
    quota('producer_byte_rate', 1.5),
    quota('request_percentage', 2),
  ])

  it('are kept by entity, in whichever order its parts come', () => {
    const image = applied(two, [quota('producer_byte_rate', 9, [anyClient, user])])
    expect(image.clientQuotas.size).toBe(1)
    expect(image.clientQuotas.get(quotaEntityKey(ofBoth))).toEqual({
      entity: ofBoth,
      values: new Map([
        ['producer_byte_rate', 9],
        ['request_percentage', 2],
      ]),
    })
  })

  it('tell the default from one whose name says so', () => {
    const named = [{ entityType: 'client-id', entityName: 'null' }]
    const image = applied(two, [quota('a', 1, [anyClient]), quota('a', 2, named)])
    expect(image.clientQuotas.size).toBe(3)
  })

  it('go one by one, and the entity with the last', () => {
    const gone = ['producer_byte_rate', 'request_percentage'].map((key): NewRecord => {
      return { type: 'clientQuota', entity: [user, anyClient], key, value: 0, remove: true }
    })
    const one = applied(two, gone.slice(0, 1))
    expect([...(one.clientQuotas.get(quotaEntityKey(ofBoth))?.values ?? [])]).toEqual([
      ['request_percentage', 2],
    ])
    expect(applied(two, gone).clientQuotas.size).toBe(0)
    expect(diffImages(two, one)).toMatchObject({ quotasChanged: true, securityChanged: false })
  })
})

describe('access control entries', () => {
  const image = applied(emptyImage, [{ type: 'accessControlEntry', ...entry }])

  it('come and go by their id', () => {
    expect([...image.accessControlEntries.values()]).toEqual([entry])
    const gone = applied(image, [{ type: 'removeAccessControlEntry', id: entry.id }])
    expect(gone.accessControlEntries.size).toBe(0)
    expect(diffImages(image, gone)).toMatchObject({ securityChanged: true, quotasChanged: false })
  })

  it('that contradict the log stop it: nobody must guess what is allowed', () => {
    expect(() => applied(image, [{ type: 'accessControlEntry', ...entry }])).toThrow('already')
    const removal = { type: 'removeAccessControlEntry', id: entry.id } as const
    expect(() => applied(emptyImage, [removal])).toThrow('there is none')
  })
})

describe('credentials', () => {
  it('are one for each user and mechanism', () => {
    const image = applied(emptyImage, [
      { type: 'userScramCredential', ...credential },
      { type: 'userScramCredential', ...credential, mechanism: 2 },
      { type: 'userScramCredential', ...credential, iterations: 4096 },
    ])
    const iterations = [...image.scramCredentials.values()].map((each) => each.iterations)
    expect(iterations.toSorted((a, b) => a - b)).toEqual([4096, 8192])
    const one = applied(image, [{ type: 'removeUserScramCredential', name: 'ada', mechanism: 1 }])
    expect([...one.scramCredentials.values()]).toEqual([{ ...credential, mechanism: 2 }])
  })
})

describe('a snapshot', () => {
  it('has all of them', () => {
    const image = applied(emptyImage, [
      quota('producer_byte_rate', 0.25),
      { type: 'accessControlEntry', ...entry },
      { type: 'userScramCredential', ...credential },
    ])
    const copy = imageOfSnapshot(encodedSnapshot(image), image.offset, -1)
    expect(plainImage(copy)).toEqual(plainImage(image))
    expect(diffImages(image, copy)).toMatchObject({ quotasChanged: false, securityChanged: false })
    expect(diffImages(emptyImage, copy)).toMatchObject({
      quotasChanged: true,
      securityChanged: true,
    })
  })
})
