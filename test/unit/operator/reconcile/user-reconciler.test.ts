// A KafkaUser's stories.

import { pbkdf2Sync } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EventRecorder } from '../../../../operator/kube/event-recorder.ts'
import { decoded } from '../../../../operator/pki/authority.ts'
import { isSignedBy, readCertificate } from '../../../../operator/pki/read.ts'
import {
  reconcileUser,
  type UserReconcilerOptions,
} from '../../../../operator/reconcile/user-reconciler.ts'
import type { KafkaCluster } from '../../../../operator/resources/kafka-cluster.ts'
import type { KafkaUser } from '../../../../operator/resources/kafka-user.ts'
import { clusterPlace, Stage, specOf } from '../../../support/operator/stage.ts'

const collection = 'samsa.io/v1/kafkausers'
const dayMs = 86_400_000
let stage: Stage
let options: UserReconcilerOptions

const place = (name: string, namespace = 'ns') => ({ collection, namespace, name })
const secretPlace = (name: string) => ({ ...place(name), collection: 'v1/secrets' })
const user = (name: string, namespace?: string) =>
  stage.server.store.get(place(name, namespace)) as unknown as KafkaUser
const scram = { type: 'scram-sha-512' }

function create(name: string, over: object = {}, namespace?: string): void {
  const spec = { clusterRef: { name: 'c', namespace: 'ns' }, authentication: scram, ...over }
  const body = { apiVersion: 'samsa.io/v1', kind: 'KafkaUser', metadata: {}, spec }
  stage.server.store.create(place(name, namespace), body)
}

async function pass(name: string, namespace?: string) {
  await reconcileUser(options, user(name, namespace), new AbortController().signal)
  const { conditions = [] } = user(name, namespace).status ?? {}
  const reasonOf = (type: string) => conditions.find((one) => one.type === type)?.reason
  return { ready: reasonOf('Ready'), credentials: reasonOf('CredentialsReady') }
}

const secret = (name: string) => decoded(stage.server.store.get(secretPlace(name))['data'] as never)

function rotate(name: string, value: string): void {
  const annotations = { 'samsa.io/rotate': value }
  stage.server.store.mergePatch(place(name), { metadata: { annotations } })
}

const internal = (name: string, port: number, over: object = {}) => ({
  name,
  port,
  type: 'internal',
  ...over,
})
const listeners = [
  internal('plain', 9092),
  internal('scram', 9093, { authentication: scram }),
  internal('mtls', 9094, { tls: true, authentication: { type: 'tls' } }),
]

beforeEach(async () => {
  stage = await Stage.open()
  stage.create(specOf({ listeners }))
  const onTrouble = (error: unknown) => stage.failures.push(error)
  const wallMs = () => stage.nowMs
  const all = () => stage.server.store.list(collection) as unknown as KafkaUser[]
  options = {
    client: stage.client,
    adminOf: () => stage.cluster,
    events: new EventRecorder({ client: stage.client, instance: 'test', wallMs, onTrouble }),
    clusterOf: (namespace, name) =>
      stage.server.store.find({ ...clusterPlace, namespace, name }) as unknown as
        | KafkaCluster
        | undefined,
    usersNamed: (name) => all().filter(({ metadata }) => metadata.name === name),
    wallMs,
  }
})

afterEach(() => stage.close())

describe('a KafkaUser with a password', () => {
  it('has it in a Secret of its own, and brokers know it', async () => {
    create('alice')
    const reasons = await pass('alice')
    expect(reasons).toEqual({ ready: 'Ready', credentials: 'CredentialsReady' })
    const { password, username } = secret('alice')
    expect(username).toBe('alice')
    expect(password).toHaveLength(32)
    expect(secret('alice')['sasl.jaas.config']).toContain(`password="${password}";`)
    expect(user('alice').status).toMatchObject({ username: 'alice', secretName: 'alice' })
  })

  it('is one that brokers ask for, with a salt of its own', async () => {
    create('alice')
    await pass('alice')
    const { password = '' } = secret('alice')
    const known = stage.cluster.scram.get('alice')?.get('SCRAM-SHA-512')
    if (known === undefined) throw new Error('brokers do not know it')
    const { salt, iterations, saltedPassword } = known
    expect(pbkdf2Sync(password, salt, iterations, 64, 'sha512')).toEqual(saltedPassword)
    expect(iterations).toBeGreaterThanOrEqual(4_096)
  })

  it('is told to brokers again when they lost it, and when it is another one', async () => {
    create('alice')
    await pass('alice')
    await pass('alice')
    expect(stage.cluster.calls).toEqual(['scram alice +1 -0'])
    stage.cluster.scram.clear()
    await pass('alice')
    expect(stage.cluster.scram.has('alice')).toBe(true)
    const first = stage.cluster.scram.get('alice')?.get('SCRAM-SHA-512')?.saltedPassword
    rotate('alice', '1')
    await pass('alice')
    const second = stage.cluster.scram.get('alice')?.get('SCRAM-SHA-512')?.saltedPassword
    expect(second).not.toEqual(first)
    const type = 'scram-sha-256'
    stage.server.store.mergePatch(place('alice'), { spec: { authentication: { type } } })
    expect(await pass('alice')).toMatchObject({ ready: 'NoListener' })
    expect([...(stage.cluster.scram.get('alice')?.keys() ?? [])]).toEqual(['SCRAM-SHA-256'])
  })

  it('goes with the user, from the brokers too, unless the cluster is gone', async () => {
    for (const name of ['alice', 'bob']) {
      create(name)
      await pass(name)
      stage.server.store.delete(place(name))
    }
    const signal = new AbortController().signal
    await reconcileUser(options, user('alice'), signal)
    expect(stage.server.store.find(place('alice'))).toBeUndefined()
    expect(stage.cluster.scram.has('alice')).toBe(false)
    const calls = [...stage.cluster.calls]
    await reconcileUser({ ...options, clusterOf: () => undefined }, user('bob'), signal)
    expect(stage.server.store.find(place('bob'))).toBeUndefined()
    expect(stage.cluster.calls).toEqual(calls)
  })

  it('keeps it, also when the Secret was deleted, until another one is asked for', async () => {
    create('alice')
    await pass('alice')
    const { password } = secret('alice')
    const before = stage.server.store.version
    await pass('alice')
    expect(stage.server.store.version).toBe(before)
    stage.server.store.delete(secretPlace('alice'))
    await pass('alice')
    expect(secret('alice')['password']).toBe(password)
    rotate('alice', '1')
    await pass('alice')
    const second = secret('alice')['password']
    expect(second).not.toBe(password)
    await pass('alice')
    expect(secret('alice')['password']).toBe(second)
  })

  it('is another one for each user, and for one of the same name made later', async () => {
    create('alice')
    create('bob')
    await pass('alice')
    await pass('bob')
    const { password } = secret('alice')
    expect(secret('bob')['password']).not.toBe(password)
    stage.server.store.delete(place('alice'))
    await reconcileUser(options, user('alice'), new AbortController().signal)
    expect(stage.server.store.find(secretPlace('alice'))).toBeUndefined()
    create('alice')
    await pass('alice')
    expect(secret('alice')['password']).not.toBe(password)
  })

  it("never takes a Secret that is somebody else's", async () => {
    const data = { password: 'b3Vycw==' }
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: {}, data }
    stage.server.store.create(secretPlace('alice'), body)
    create('alice')
    expect(await pass('alice')).toEqual({ ready: 'SecretConflict', credentials: 'SecretConflict' })
    rotate('alice', '1')
    await pass('alice')
    expect(stage.server.store.get(secretPlace('alice'))['data']).toEqual(data)
  })

  it('takes a given one, and waits for it', async () => {
    const valueFrom = { name: 'given', key: 'pw' }
    create('alice', { authentication: { ...scram, password: { valueFrom } } })
    expect(await pass('alice')).toMatchObject({ credentials: 'NoCredentials' })
    const data = { pw: Buffer.from('chosen').toString('base64') }
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: {}, data }
    stage.server.store.create(secretPlace('given'), body)
    expect(await pass('alice')).toMatchObject({ credentials: 'CredentialsReady' })
    expect(secret('alice')['password']).toBe('chosen')
  })
})

describe('a KafkaUser with a certificate', () => {
  it('has one of the authority of clients, and another one before it runs out', async () => {
    create('tina', { authentication: { type: 'tls' } })
    expect(await pass('tina')).toMatchObject({ credentials: 'NoCredentials' })
    for (let count = 0; count < 3; count++) await stage.pass()
    expect(await pass('tina')).toMatchObject({ credentials: 'CredentialsReady' })
    const leaf = readCertificate(secret('tina')['user.crt'])
    const authority = readCertificate(secret('c-clients-ca')['ca.crt'])
    if (leaf === null || authority === null) throw new Error('unreadable')
    expect(isSignedBy(leaf, authority)).toBe(true)
    expect(leaf.commonName).toBe('tina')
    expect(user('tina').status).toMatchObject({ username: 'CN=tina' })
    const first = secret('tina')['user.crt']
    await pass('tina')
    expect(secret('tina')['user.crt']).toBe(first)
    stage.nowMs += 340 * dayMs
    await pass('tina')
    expect(secret('tina')['user.crt']).not.toBe(first)
  })
})

describe('a KafkaUser from elsewhere', () => {
  it('is taken where the cluster allows its namespace, and is no second one of a name', async () => {
    create('alice', {}, 'apps')
    expect(await pass('alice', 'apps')).toMatchObject({ ready: 'NamespaceNotAllowed' })
    stage.server.store.mergePatch(clusterPlace, { spec: { topicNamespaces: ['apps'] } })
    expect(await pass('alice', 'apps')).toMatchObject({ credentials: 'CredentialsReady' })
    create('alice')
    const both = [await pass('alice'), await pass('alice', 'apps')]
    expect(both.filter(({ ready }) => ready === 'ResourceConflict')).toHaveLength(1)
    create('lost', { clusterRef: { name: 'nobody' } })
    expect(await pass('lost')).toMatchObject({ ready: 'ClusterNotFound' })
  })
})

describe('the rights and quotas of a KafkaUser', () => {
  const topicAcl = (name: string, operations: string[], over: Record<string, string> = {}) => ({
    resource: { type: 'topic', name, patternType: 'literal' },
    operations,
    type: 'allow',
    host: '*',
    ...over,
  })
  const authorize = () =>
    stage.server.store.mergePatch(clusterPlace, { spec: { authorization: { superUsers: [] } } })
  const texts = () =>
    stage.cluster.acls
      .map((acl) => `${acl.principal} ${acl.permission} ${acl.operation} ${acl.resourceName}`)
      .toSorted()

  it('are set, and make it ready', async () => {
    authorize()
    const acls = [
      topicAcl('orders', ['Read', 'Describe']),
      topicAcl('x', ['All'], { type: 'deny' }),
    ]
    create('alice', { acls, quotas: { producerByteRate: 1000, requestPercentage: 20 } })
    expect(await pass('alice')).toMatchObject({ ready: 'Ready' })
    expect(texts()).toEqual([
      'User:alice allow Describe orders',
      'User:alice allow Read orders',
      'User:alice deny All x',
    ])
    expect(stage.cluster.quotas.get('alice')).toEqual({
      producer_byte_rate: 1000,
      request_percentage: 20,
    })
    const calls = [...stage.cluster.calls]
    await pass('alice')
    expect(stage.cluster.calls).toEqual(calls)
  })

  it('change by what is different, and what was added by others goes', async () => {
    authorize()
    create('alice', { acls: [topicAcl('a', ['Read'])], quotas: { consumerByteRate: 5 } })
    await pass('alice')
    const [known] = stage.cluster.acls
    if (known === undefined) throw new Error('no ACL was made')
    const theirs = { ...known, principal: 'User:bob' }
    stage.cluster.acls.push({ ...known, operation: 'Delete' }, theirs)
    stage.cluster.calls.length = 0
    const spec = { acls: [topicAcl('a', ['Read', 'Write'])], quotas: { producerByteRate: 7 } }
    stage.server.store.mergePatch(place('alice'), {
      spec: { ...spec, quotas: { ...spec.quotas, consumerByteRate: null } },
    })
    await pass('alice')
    expect(stage.cluster.calls).toEqual([
      'quotas alice {"consumer_byte_rate":null,"producer_byte_rate":7}',
      'acls +1 -1',
    ])
    expect(texts()).toEqual([
      'User:alice allow Read a',
      'User:alice allow Write a',
      'User:bob allow Read a',
    ])
  })

  it('go when the spec has none any more, and with the user', async () => {
    authorize()
    for (const name of ['alice', 'bob']) {
      create(name, { acls: [topicAcl('a', ['Read'])], quotas: { producerByteRate: 1 } })
      await pass(name)
    }
    const none = { acls: null, quotas: null }
    stage.server.store.mergePatch(place('alice'), { spec: none })
    await pass('alice')
    expect(texts()).toEqual(['User:bob allow Read a'])
    expect(stage.cluster.quotas.get('alice')).toEqual({})
    stage.server.store.delete(place('bob'))
    await reconcileUser(options, user('bob'), new AbortController().signal)
    expect(texts()).toEqual([])
    expect(stage.cluster.quotas.get('bob')).toEqual({})
  })

  it('are those of CN=name for a certificate, and need no credentials', async () => {
    authorize()
    create('guest', { authentication: undefined, quotas: { producerByteRate: 9 } })
    expect(await pass('guest')).toEqual({ ready: 'Ready', credentials: 'NoCredentials' })
    expect(stage.cluster.quotas.get('guest')).toEqual({ producer_byte_rate: 9 })
    create('tina', { authentication: { type: 'tls' }, acls: [topicAcl('a', ['Read'])] })
    for (let count = 0; count < 3; count++) await stage.pass()
    await pass('tina')
    expect(texts()).toEqual(['User:CN=tina allow Read a'])
  })

  it('follow a user that changes its kind of credentials, and so its name', async () => {
    authorize()
    create('tess', { acls: [topicAcl('a', ['Read'])], quotas: { producerByteRate: 1 } })
    await pass('tess')
    for (let count = 0; count < 3; count++) await stage.pass()
    stage.server.store.mergePatch(place('tess'), { spec: { authentication: { type: 'tls' } } })
    await pass('tess')
    expect(texts()).toEqual(['User:CN=tess allow Read a'])
    expect(stage.cluster.quotas.get('tess')).toEqual({})
    expect(stage.cluster.quotas.get('CN=tess')).toEqual({ producer_byte_rate: 1 })
  })

  it('of a super user are all, without a restart', async () => {
    authorize()
    create('root', { superUser: true })
    expect(await pass('root')).toMatchObject({ ready: 'Ready' })
    expect(stage.cluster.acls.map(({ resourceType }) => resourceType).toSorted()).toEqual([
      'cluster',
      'delegation-token',
      'group',
      'topic',
      'transactional-id',
      'user',
    ])
  })

  it('are refused aloud where the cluster asks nobody for rights', async () => {
    create('alice', { acls: [topicAcl('a', ['Read'])], quotas: { producerByteRate: 3 } })
    expect(await pass('alice')).toMatchObject({ ready: 'NoAuthorization' })
    expect(stage.cluster.acls).toEqual([])
    expect(stage.cluster.quotas.get('alice')).toEqual({ producer_byte_rate: 3 })
  })
})
