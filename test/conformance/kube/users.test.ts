// KafkaUsers, and listeners with TLS, by a client that none of us wrote (kafkajs): who may come in,
// by what, and until when.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { kinds } from '../../../operator/kube/objects.ts'
import { makeAuthority } from '../../../operator/pki/issue.ts'
import { waitFor } from '../../support/conformance/wait.ts'
import { kubeClient, read } from '../../support/kube/kube.ts'
import { helmInstall } from '../../support/kube/release.ts'
import { maySend, SecuredCluster, sendOne } from '../../support/kube/secured-cluster.ts'

const namespace = 'secured'
const dayMs = 86_400_000
let secured: SecuredCluster

beforeAll(async () => {
  await helmInstall()
  secured = await SecuredCluster.start(namespace)
  await secured.user('alice', 'scram-sha-512')
  await secured.user('tina', 'tls')
  await secured.userReady('alice')
  await secured.userReady('tina')
})
afterAll(() => secured.cluster.close())

const password = async () => (await secured.secret('alice'))['password'] ?? ''

it('come in by password and by certificate, and nobody else does (scenario 23)', async () => {
  await sendOne(await secured.byPassword('alice', await password()))
  await sendOne(await secured.byCertificate('tina'))
  await expect(sendOne(await secured.byPassword('alice', 'another'))).rejects.toThrow()
  const ssl = { ca: await secured.authorities() }
  await expect(sendOne(await secured.client('mutual', { ssl }))).rejects.toThrow()
  await expect(sendOne(await secured.client('secure', { ssl }))).rejects.toThrow()
})

it('keep their password when its Secret is deleted, until another is asked for (23)', async () => {
  const before = await password()
  const metadata = { name: 'alice', namespace }
  await kubeClient().delete(kinds.secret, { metadata })
  await waitFor(async () => (await password()) === before, {
    what: 'the password to be back',
    timeoutMs: 30_000,
  })
  const annotations = { 'samsa.io/rotate': '1' }
  await kubeClient().merge(kinds.kafkaUser, { metadata }, { metadata: { annotations } })
  await waitFor(async () => ![before, ''].includes(await password()), {
    what: 'another password',
    timeoutMs: 30_000,
  })
  await waitFor(async () => maySend(await secured.byPassword('alice', await password())), {
    what: 'brokers to know it',
    timeoutMs: 30_000,
  })
  await expect(sendOne(await secured.byPassword('alice', before))).rejects.toThrow()
})

it("never take somebody else's Secret, and go from the brokers, too (23)", async () => {
  const metadata = { name: 'bob', namespace }
  const data = { password: Buffer.from('ours').toString('base64') }
  const theirs = { apiVersion: 'v1', kind: 'Secret', metadata, data }
  await kubeClient().create(kinds.secret, theirs)
  await secured.user('bob', 'scram-sha-512')
  interface User {
    readonly status?: { readonly conditions?: readonly { readonly reason: string }[] }
  }
  await waitFor(
    async () => {
      const user = await read<User>(kinds.kafkaUser, namespace, 'bob')
      return user?.status?.conditions?.some(({ reason }) => reason === 'SecretConflict') === true
    },
    { what: 'the conflict to be told', timeoutMs: 30_000 },
  )
  expect(await secured.secret('bob')).toEqual({ password: 'ours' })
  const last = await secured.byPassword('alice', await password())
  await sendOne(last)
  await kubeClient().delete(kinds.kafkaUser, { metadata: { name: 'alice', namespace } })
  await waitFor(async () => !(await maySend(last)), {
    what: 'brokers to refuse it',
    timeoutMs: 30_000,
  })
})

it('come in again after an authority that is over was found and made anew (17)', async () => {
  const { cluster } = secured
  const before = await cluster.incarnations()
  const nowMs = Date.now()
  const over = await makeAuthority('over', { fromMs: nowMs - 2 * dayMs, untilMs: nowMs - dayMs })
  const encoded = (text: string) => Buffer.from(text).toString('base64')
  const data = { 'ca.crt': encoded(over.certificate), 'ca.key': encoded(over.key) }
  const metadata = { name: 'samsa-cluster-ca', namespace }
  await kubeClient().merge(kinds.secret, { metadata }, { data })
  await waitFor(async () => (await secured.secret(metadata.name))['ca.crt'] !== over.certificate, {
    what: 'another authority',
    timeoutMs: 60_000,
  })
  // The kubelet brings certificates to the nodes within a minute or two.
  await waitFor(async () => maySend(await secured.byCertificate('tina')), {
    what: 'clients to come in',
    timeoutMs: 180_000,
  })
  await cluster.ready()
  expect(await cluster.incarnations()).toEqual(before)
})
