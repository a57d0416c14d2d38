// The operator that leads is killed again and again, at random moments, while a cluster grows,
// shrinks, rolls and renews its certificates. Not among the scenarios that always run: the next
// operator has to wait for the lease, twenty times.

import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { kinds } from '../../../operator/kube/objects.ts'
import { SeededRandom } from '../../support/conformance/random.ts'
import { killPrograms } from '../../support/kube/harness.ts'
import { kubeClient, read } from '../../support/kube/kube.ts'
import { KubeLoad } from '../../support/kube/kube-load.ts'
import { PodWatch } from '../../support/kube/pod-watch.ts'
import { helmInstall, killPod, leadingPod } from '../../support/kube/release.ts'
import { combined, isPodReady, TestCluster } from '../../support/kube/test-cluster.ts'

const rounds = 5
const killsPerRound = 4
/** After the operator began to lead. */
const killWithinMs = 6_000

let cluster: TestCluster

beforeAll(async () => {
  await helmInstall()
  cluster = await TestCluster.start('killed')
})
afterAll(() => cluster.close())

it('killed with -9 twenty times in growth, rolls and renewals, it converges', async () => {
  const seed = Number(process.env['SAMSA_KUBE_SEED'] ?? Date.now() % 1_000_000)
  console.log(`the moments are those of SAMSA_KUBE_SEED=${seed}`)
  const random = new SeededRandom(seed)
  const load = await KubeLoad.start(cluster)
  const watch = await PodWatch.start(cluster)
  const authorities = new Set<string>()
  for (let round = 1; round <= rounds; round++) {
    const more = round % 2
    const added = { ...combined(more), name: 'more', roles: ['broker'] }
    await cluster.change({ nodePools: more === 0 ? [combined(3)] : [combined(3), added] })
    await cluster.restart()
    if (round === 1) await renewAuthority()
    for (let kill = 0; kill < killsPerRound; kill++) {
      const victim = await leadingPod()
      await delay(random.next() * killWithinMs)
      await killPrograms(victim)
      // Its kubelet would start it again later each time.
      await killPod(victim.metadata.namespace ?? '', victim.metadata.name)
      await noteAuthorities(authorities)
      // The one that is added comes to lead partitions, which the load must be able to reach.
      await cluster.findBrokers()
    }
    await cluster.ready(300_000)
    console.log(`round ${round}: converged with ${3 + more} brokers`)
  }
  watch.stop()
  cluster.addresses.splice(0, cluster.addresses.length)
  await cluster.findBrokers()
  const { anomalies } = await load.judge('twenty kills of the operator')
  await noteAuthorities(authorities)
  expect(anomalies).toEqual([])
  // Never two at once, and no pod a second time for the same reason.
  expect(watch.awayMax).toBe(1)
  expect([...watch.replaced.values()]).toEqual([rounds, rounds, rounds])
  expect(authorities.size).toBe(2)
  const pods = await cluster.pods()
  expect(pods).toHaveLength(4)
  expect(pods.every(isPodReady)).toBe(true)
})

const authorityName = 'samsa-cluster-ca'

async function renewAuthority(): Promise<void> {
  const metadata = { name: authorityName, namespace: cluster.namespace }
  const annotations = { 'samsa.io/force-renew': 'now' }
  await kubeClient().merge(kinds.secret, { metadata }, { metadata: { annotations } })
}

/** Certificates of authorities that there are: one made twice would be work done twice. */
async function noteAuthorities(seen: Set<string>): Promise<void> {
  interface Keys {
    readonly data: Readonly<Record<string, string>>
  }
  const keys = await read<Keys>(kinds.secret, cluster.namespace, authorityName)
  for (const name of ['ca.crt', 'next.crt']) {
    const certificate = keys?.data[name]
    if (certificate !== undefined && certificate !== '') seen.add(certificate)
  }
}
