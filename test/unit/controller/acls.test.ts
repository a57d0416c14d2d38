// CreateAcls and DeleteAcls: what is sound, what is one, and what a filter finds.

import { randomBytes } from 'node:crypto'
import { createAcls, deleteAcls, matchesFilter } from '@samsa/controller/acls'
import { imageAfter } from '@samsa/controller/image/advance'
import { emptyImage } from '@samsa/controller/image/draft'
import type { AclBinding, AclFilter } from '@samsa/controller/requests'
import { describe, expect, it } from 'vitest'

const binding: AclBinding = {
  resourceType: 2,
  resourceName: 'orders',
  patternType: 3,
  principal: 'User:alice',
  host: '*',
  operation: 3,
  permissionType: 3,
}
const any: AclFilter = {
  resourceType: 1,
  resourceName: null,
  patternType: 1,
  principal: null,
  host: null,
  operation: 1,
  permissionType: 1,
}
const newUuid = () => randomBytes(16).toString('base64url')

function imageWith(...bindings: AclBinding[]) {
  return imageAfter(emptyImage, createAcls(emptyImage, { bindings }, newUuid).records)
}

describe('createAcls', () => {
  it('takes the same entry once', () => {
    const first = createAcls(emptyImage, { bindings: [binding, binding] }, newUuid)
    expect(first.records).toHaveLength(1)
    expect(first.response.map(({ error }) => error)).toEqual(['NONE', 'NONE'])
    expect(createAcls(imageWith(binding), { bindings: [binding] }, newUuid).records).toEqual([])
  })

  it.each<[Partial<AclBinding>, string]>([
    [{ resourceType: 1 }, 'Invalid resourceType'],
    [{ patternType: 2 }, 'Invalid patternType'],
    [{ operation: 1 }, 'Invalid operation'],
    [{ operation: 9 }, 'Invalid operation'],
    [{ permissionType: 1 }, 'Invalid permissionType'],
    [{ resourceName: '' }, 'should not be empty'],
    [{ resourceType: 4, operation: 8 }, 'kafka-cluster'],
    [{ principal: 'alice' }, 'Could not parse principal'],
    [{ host: '' }, 'host must not be empty'],
  ])('refuses %j and takes the others', (wrong, message) => {
    const bindings = [{ ...binding, ...wrong }, binding]
    const { records, response } = createAcls(emptyImage, { bindings }, newUuid)
    expect(records).toHaveLength(1)
    expect(response[0]).toMatchObject({
      error: 'INVALID_REQUEST',
      message: expect.stringContaining(message),
    })
    expect(response[1]?.error).toBe('NONE')
  })
})

describe('deleteAcls', () => {
  it('takes away what any of the filters finds, once', () => {
    const other = { ...binding, principal: 'User:bob' }
    const image = imageWith(binding, other)
    const filters = [any, { ...any, principal: 'User:bob' }]
    const { records, response } = deleteAcls(image, { filters })
    expect(records).toHaveLength(2)
    expect(response.map(({ deleted }) => deleted.length)).toEqual([2, 1])
    expect(imageAfter(image, records).accessControlEntries.size).toBe(0)
  })

  it('refuses a filter that it does not understand', () => {
    const { records, response } = deleteAcls(imageWith(binding), {
      filters: [{ ...any, patternType: 9 }],
    })
    expect(records).toEqual([])
    expect(response).toMatchObject([{ error: 'INVALID_REQUEST', deleted: [] }])
  })
})

describe('matchesFilter', () => {
  const prefixed = { ...binding, resourceName: 'ord', patternType: 4 }
  const every = { ...binding, resourceName: '*' }

  it.each<[Partial<AclFilter>, readonly [boolean, boolean, boolean]]>([
    [{}, [true, true, true]],
    [{ resourceName: 'orders' }, [true, false, false]],
    [{ resourceName: 'orders', patternType: 2 }, [true, true, true]],
    [{ resourceName: 'other', patternType: 2 }, [false, false, true]],
    [{ patternType: 3 }, [true, false, true]],
    [{ patternType: 4 }, [false, true, false]],
    [{ resourceType: 3 }, [false, false, false]],
    [{ host: 'h' }, [false, false, false]],
    [{ operation: 4 }, [false, false, false]],
    [{ permissionType: 2 }, [false, false, false]],
  ])('finds by %j', (part, expected) => {
    const found = [binding, prefixed, every].map((one) => matchesFilter(one, { ...any, ...part }))
    expect(found).toEqual(expected)
  })
})
