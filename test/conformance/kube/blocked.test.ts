// Rolls that have to wait: for a partition below min.insync.replicas, and for a controller that
// lags. The status says what for, nothing healthy is taken, and the roll goes on by itself.

import { parseAddresses } from '@samsa/cli/client/addresses'
import { Cluster } from '@samsa/cli/client/cluster'
import { removeThrottles, setThrottles } from '@samsa/cli/client/throttles'
import { encodeBatch } from '@samsa/proto/record/batch-builder'
import { zeroUuid } from '@samsa/proto/wire/types'
import { beforeAll, expect, it } from 'vitest'
import type { PartitionStatus } from '../../support/chaos/admin.ts'
import { connectWithin } from '../../support/chaos/deadline.ts'
import { waitFor } from '../../support/conformance/wait.ts'
import { freeze, thaw } from '../../support/kube/harness.ts'
import { PodWatch } from '../../support/kube/pod-watch.ts'
import { helmInstall } from '../../support/kube/release.ts'
import {
  conditionOf,
  idOf,
  isPodReady,
  separate,
  TestCluster,
} from '../../support/kube/test-cluster.ts'

/** For so long nothing may happen. */
const quietMs = 15_000

beforeAll(() => helmInstall())

it('waits for a partition that has no replica to spare, and says for which (scenario 3)', async () => {
  const cluster = await TestCluster.start('blocked')
  try {
    const config = { 'min.insync.replicas': 2 }
    await cluster.topic('held', { partitions: 3, replicas: 3, config })
    const { leader } = await cluster.admin.quorum()
    const [first = -1, second = -1] = [0, 1, 2].filter((id) => id !== leader)
    // The one that goes first in a roll is in sync; the one that does not follow goes after it.
    const held = (await cluster.inSync('held')).find((one) => one.leader !== second)
    if (held === undefined) throw new Error(`${second} leads all partitions`)
    const name = `held-${held.partition}`
    await limited(cluster, async (commands) => {
      // Of whoever leads: on a busy machine another one may come to it.
      const { replicas, partition: index } = held
      await setThrottles(commands, [{ topic: 'held', index, from: replicas, to: replicas }], 1)
      await leaveBehind(cluster, held, second)
      await waitFor(async () => (await cluster.pods()).every(isPodReady), {
        what: 'all pods to be ready',
        timeoutMs: 60_000,
      })
      const watch = await PodWatch.start(cluster)
      await cluster.restart()
      const told = await cluster.until(
        ({ status }) => status?.rollout?.blockedBy?.some((text) => text.includes(name)) === true,
        'the roll to say what it waits for',
      )
      console.log(`${first} waits: ${told.status?.rollout?.blockedBy?.join('; ')}`)
      await watch.forSoLong(quietMs)
      expect([...watch.replaced.keys()]).toEqual([])
      await removeThrottles(commands, ['held'])
      await watch.until(() => watch.replaced.size === 3, 'the roll to go on by itself')
      await cluster.ready()
      watch.stop()
      expect(watch.awayMax).toBe(1)
    })
  } finally {
    await cluster.close()
  }
})

it('restarts no healthy controller while another one lags (scenario 5)', async () => {
  const cluster = await TestCluster.start('lagging', {
    nodePools: separate(3, 1),
    config: { 'default.replication.factor': 1, 'min.insync.replicas': 1 },
  })
  try {
    const { leader } = await cluster.admin.quorum()
    const controllers = (await cluster.pods()).filter(({ metadata }) =>
      metadata.name.includes('-controllers-'),
    )
    const lagging = controllers.findLast((pod) => idOf(pod) !== leader)
    if (lagging === undefined) throw new Error('all controllers lead')
    const healthy = controllers.filter((pod) => pod !== lagging)
    await freeze(lagging)
    const watch = await PodWatch.start(cluster)
    try {
      await cluster.until(
        (one) => conditionOf(one, 'QuorumHealthy')?.reason === 'VotersLagging',
        'the lag to be told',
      )
      await cluster.restart()
      const told = await cluster.until(
        ({ status }) => (status?.rollout?.blockedBy ?? []).length > 0,
        'the roll to say what it waits for',
      )
      console.log(`blocked by: ${told.status?.rollout?.blockedBy?.join('; ')}`)
      await watch.forSoLong(quietMs)
      for (const { metadata } of healthy) expect(watch.replaced.has(metadata.name)).toBe(false)
    } finally {
      await thaw(lagging)
    }
    await watch.until(() => watch.replaced.size === 4, 'the roll to go on by itself')
    await cluster.ready()
    watch.stop()
    const order = [...watch.replaced.keys()].filter((name) => name.includes('-controllers-'))
    expect(watch.awayMax).toBe(1)
    expect(order.at(-1)).toBe(`samsa-controllers-${leader}`)
  } finally {
    await cluster.close()
  }
})

/** Takes a follower out of the ISR by what is written while it stands still. */
async function leaveBehind(
  cluster: TestCluster,
  { leader, partition }: PartitionStatus,
  id: number,
): Promise<void> {
  const pod = (await cluster.pods()).find((one) => idOf(one) === id)
  if (pod === undefined) throw new Error(`node ${id} has no pod`)
  await freeze(pod)
  try {
    await cluster
      .without(id)
      .admin.partitionsWhere('held', 60_000, (all) => all.every(({ isr }) => !isr.includes(id)))
    await fill(cluster, { leader, partition })
  } finally {
    await thaw(pod)
  }
  await waitFor(async () => (await cluster.admin.brokers()).includes(id), {
    what: `broker ${id} to be back`,
    timeoutMs: 60_000,
  })
}

/** More than goes through a limit at once. */
async function fill(
  cluster: TestCluster,
  { leader, partition }: Pick<PartitionStatus, 'leader' | 'partition'>,
): Promise<void> {
  const address = cluster.addresses.find(({ id }) => id === leader)
  if (address === undefined) throw new Error(`broker ${leader} has no address`)
  const client = await connectWithin(address, 2_000)
  try {
    const value = Buffer.alloc(512 * 1024, 'x')
    for (let count = 0; count < 64; count++) {
      const records = encodeBatch([{ key: null, value, timestampMs: Date.now() }])
      const answer = await client.send('produce', 12, {
        transactionalId: null,
        acks: 1,
        timeoutMs: 5_000,
        topicData: [
          { name: 'held', topicId: zeroUuid, partitionData: [{ index: partition, records }] },
        ],
      })
      expect(answer.responses[0]?.partitionResponses[0]?.errorCode).toBe(0)
    }
  } finally {
    await client.close()
  }
}

async function limited(
  cluster: TestCluster,
  work: (commands: Cluster) => Promise<void>,
): Promise<void> {
  const commands = new Cluster({
    bootstrap: parseAddresses(cluster.addresses.map(({ host, port }) => `${host}:${port}`).join()),
    requestTimeoutMs: 10_000,
    signal: new AbortController().signal,
  })
  try {
    await work(commands)
  } finally {
    commands.close()
  }
}
