// The semantics of Kafka's StandardAuthorizer, case by case, and against a plain model of them.

import {
  operations,
  patternTypes,
  permissionTypes,
  resourceTypes,
} from '@samsa/broker/authorization/acl'
import { Authorizer } from '@samsa/broker/authorization/authorizer'
import { guards } from '@samsa/broker/authorization/table'
import { handlers } from '@samsa/broker/handlers/registry'
import type { AccessControlEntry } from '@samsa/controller/image'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const topic = resourceTypes.TOPIC
type Part = Partial<AccessControlEntry>
let nextId = 0

function entry(part: Part): AccessControlEntry {
  return {
    id: String(nextId++),
    resourceType: topic,
    resourceName: 'orders',
    patternType: patternTypes.LITERAL,
    principal: 'User:alice',
    host: '*',
    operation: operations.READ,
    permissionType: permissionTypes.ALLOW,
    ...part,
  }
}

function authorizer(entries: readonly Part[], allowIfNoneFound = false) {
  const all = new Map(entries.map((part) => entry(part)).map((one) => [one.id, one]))
  const superUsers = new Set(['User:root'])
  return new Authorizer({ entries: () => all, superUsers, allowIfNoneFound })
}

const alice = { principal: 'User:alice', host: '10.0.0.1' }
const deny = { permissionType: permissionTypes.DENY }

describe('Authorizer', () => {
  it.each<[string, readonly Part[], boolean]>([
    ['nothing said', [], false],
    ['allowed by name', [{}], true],
    ['another user', [{ principal: 'User:bob' }], false],
    ['everybody', [{ principal: 'User:*' }], true],
    ['another host', [{ host: '10.0.0.2' }], false],
    ['this host', [{ host: '10.0.0.1' }], true],
    ['another topic', [{ resourceName: 'orders2' }], false],
    ['every topic', [{ resourceName: '*' }], true],
    ['a prefix', [{ resourceName: 'ord', patternType: patternTypes.PREFIXED }], true],
    ['another prefix', [{ resourceName: 'ordx', patternType: patternTypes.PREFIXED }], false],
    ['a group of the name', [{ resourceType: resourceTypes.GROUP }], false],
    ['another operation', [{ operation: operations.WRITE }], false],
    ['all operations', [{ operation: operations.ALL }], true],
    ['denied beside allowed', [{}, deny], false],
    ['all denied', [{}, { ...deny, operation: operations.ALL }], false],
    ['another operation denied', [{}, { ...deny, operation: operations.DESCRIBE }], true],
    [
      'denied by prefix',
      [{}, { ...deny, resourceName: 'o', patternType: patternTypes.PREFIXED }],
      false,
    ],
    ['denied to everybody', [{}, { ...deny, principal: 'User:*' }], false],
  ])('lets read or not: %s', (_, entries, allowed) => {
    expect(authorizer(entries).allows(alice, 'READ', 'TOPIC', 'orders')).toBe(allowed)
  })

  it.each(['READ', 'WRITE', 'DELETE', 'ALTER'] as const)('lets describe whoever may %s', (name) => {
    const allowed = authorizer([{ operation: operations[name] }])
    expect(allowed.allows(alice, 'DESCRIBE', 'TOPIC', 'orders')).toBe(true)
    const denied = authorizer([
      { operation: operations.DESCRIBE },
      { ...deny, operation: operations[name] },
    ])
    expect(denied.allows(alice, 'DESCRIBE', 'TOPIC', 'orders')).toBe(true)
  })

  it('lets super users do everything, denials or not', () => {
    const root = { principal: 'User:root', host: 'x' }
    const all = authorizer([{ ...deny, principal: 'User:*', operation: operations.ALL }])
    expect(all.allows(root, 'DELETE', 'TOPIC', 'orders')).toBe(true)
  })

  it('opens what no entry is about, where it is told to', () => {
    const open = authorizer([{ principal: 'User:bob' }], true)
    expect(open.allows(alice, 'READ', 'TOPIC', 'others')).toBe(true)
    expect(open.allows(alice, 'READ', 'TOPIC', 'orders')).toBe(false)
  })

  it('keeps the denial when another entry of the topic goes (CVE-2024-27309)', () => {
    const kept = entry(deny)
    const gone = entry({ principal: 'User:bob' })
    const third = entry({})
    let entries = new Map([kept, gone, third].map((one) => [one.id, one]))
    const superUsers = new Set<string>()
    const one = new Authorizer({ entries: () => entries, superUsers, allowIfNoneFound: true })
    expect(one.allows(alice, 'READ', 'TOPIC', 'orders')).toBe(false)
    entries = new Map([kept, third].map((each) => [each.id, each]))
    expect(one.allows(alice, 'READ', 'TOPIC', 'orders')).toBe(false)
  })

  it.each<[string, readonly Part[], boolean]>([
    ['nothing', [], false],
    ['one topic', [{}], true],
    ['one topic, denied', [{}, deny], false],
    [
      'one topic, a prefix of it denied',
      [{}, { ...deny, resourceName: 'o', patternType: 4 }],
      false,
    ],
    ['a prefix, one topic denied', [{ resourceName: 'o', patternType: 4 }, deny], true],
    [
      'a prefix, a shorter one denied',
      [
        { resourceName: 'or', patternType: 4 },
        { ...deny, resourceName: 'o', patternType: 4 },
      ],
      false,
    ],
    ['every topic, one denied', [{ resourceName: '*' }, deny], true],
    ['every topic, all denied', [{ resourceName: '*' }, { ...deny, resourceName: '*' }], false],
  ])('knows whether there is any topic to read: %s', (_, entries, allowed) => {
    expect(authorizer(entries).allowsAny(alice, 'READ', 'TOPIC')).toBe(allowed)
  })

  it('agrees with a search through all entries', () => {
    const name = fc.constantFrom('*', 'a', 'ab', 'abc', 'b')
    const part = fc.record({
      resourceName: name,
      patternType: fc.constantFrom(3, 4),
      principal: fc.constantFrom('User:alice', 'User:bob', 'User:*'),
      host: fc.constantFrom('*', '10.0.0.1', 'else'),
      operation: fc.constantFrom(2, 3, 4, 8, 10, 11),
      permissionType: fc.constantFrom(2, 3),
    })
    const asked = fc.constantFrom('READ', 'DESCRIBE', 'DESCRIBE_CONFIGS')
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 8 }),
        name,
        asked,
        (entries, topicName, operation) => {
          const implied: Record<typeof operation, number[]> = {
            READ: [3],
            DESCRIBE: [8, 3, 4, 6, 7],
            DESCRIBE_CONFIGS: [10, 11],
          }
          const mine = entries.filter(
            (one) =>
              (one.resourceName === topicName ||
                (one.patternType === 3 && one.resourceName === '*') ||
                (one.patternType === 4 && topicName.startsWith(one.resourceName))) &&
              ['User:alice', 'User:*'].includes(one.principal) &&
              ['10.0.0.1', '*'].includes(one.host),
          )
          const denied = mine.some(
            (one) => one.permissionType === 2 && [2, operations[operation]].includes(one.operation),
          )
          const allowed = mine.some(
            (one) => one.permissionType === 3 && [2, ...implied[operation]].includes(one.operation),
          )
          const found = authorizer(entries).allows(alice, operation, 'TOPIC', topicName)
          expect(found).toBe(allowed && !denied)
        },
      ),
    )
  })
})

describe('the table of guards', () => {
  it('has one for each API that is served', () => {
    expect(handlers.map(({ api }) => api).filter((api) => guards[api] === undefined)).toEqual([])
  })
})
