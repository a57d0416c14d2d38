// An authority is renewed under clients that come and go: old ones and new ones are let in all the
// time, and no broker restarts. Takes as long as trust takes to spread: some six minutes.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { kinds } from '../../../operator/kube/objects.ts'
import { kubeClient } from '../../support/kube/kube.ts'
import { helmInstall, killPod, leadingPod } from '../../support/kube/release.ts'
import { SecuredCluster, sendOne } from '../../support/kube/secured-cluster.ts'
import { conditionOf } from '../../support/kube/test-cluster.ts'

const renewalMaxMs = 600_000
/** After the new one signs: kubelets bring the certificates to the nodes one by one. */
const afterwardsMs = 150_000
let secured: SecuredCluster

beforeAll(async () => {
  await helmInstall()
  secured = await SecuredCluster.start('renewed')
  await secured.user('tina', 'tls')
  await secured.userReady('tina')
})
afterAll(() => secured.cluster.close())

it('goes on with no restart and no client left out, operator killed midway (16)', async () => {
  const { cluster, namespace } = secured
  const before = await cluster.incarnations()
  const metadata = { name: 'samsa-cluster-ca', namespace }
  const signing = async () => (await secured.secret(metadata.name))['ca.crt']
  const old = await signing()
  const annotations = { 'samsa.io/force-renew': '1' }
  await kubeClient().merge(kinds.secret, { metadata }, { metadata: { annotations } })
  const victim = await leadingPod()
  await killPod(victim.metadata.namespace ?? '', victim.metadata.name)
  const startMs = performance.now()
  let sent = 0
  while ((await signing()) === old && performance.now() - startMs < renewalMaxMs) {
    await sendOne(await secured.byCertificate('tina'))
    sent++
  }
  expect(await signing()).not.toBe(old)
  const renewedMs = performance.now()
  while (performance.now() - renewedMs < afterwardsMs) {
    await sendOne(await secured.byCertificate('tina'))
    sent++
  }
  const told = await cluster.ready()
  console.log(`renewed in ${((renewedMs - startMs) / 1000).toFixed(0)} s; ${sent} clients came in`)
  expect(conditionOf(told, 'CertificatesReady')?.status).toBe('True')
  expect(await cluster.incarnations()).toEqual(before)
})
