// Groups of Kafka's VerifiableConsumer on three nodes, in both protocols: three members, that leave
// in order, are killed and come back, while the node that coordinates them is killed with -9. Each
// partition has one live owner at a time, no committed offset goes back, nothing is left out.
// SAMSA_GROUP_ROUNDS sets how often; each round kills the coordinator once.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { Admin } from '../../support/chaos/admin.ts'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import {
  committedUpTo,
  type GroupEvent,
  readUpTo,
  wrongWith,
} from '../../support/conformance/group-history.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { sizeFromEnvironment } from '../../support/conformance/target.ts'
import { EndlessProducer, VerifiableMember } from '../../support/conformance/verifiable-member.ts'
import { waitFor } from '../../support/conformance/wait.ts'

const rounds = sizeFromEnvironment('SAMSA_GROUP_ROUNDS', 2)
const partitions = 6
const topic = 'owned'
const group = 'owners'
const recordsPerSecond = 500
/** A member that was killed is missed for a session, and three JVMs share two cores with nodes. */
const patienceMs = 120_000

conformanceSuite('groups of three members while nodes are killed', ['java'], () => {
  let cluster: Cluster
  let admin: Admin
  let producer: EndlessProducer | undefined
  let members: VerifiableMember[] = []
  let history: GroupEvent[] = []
  let made = 0

  beforeEach(async () => {
    members = []
    history = []
    made = 0
    cluster = await startCluster({
      nodes: 3,
      configs: {
        // Members that are killed are missed sooner than Kafka's defaults allow.
        'group.consumer.min.session.timeout.ms': '10000',
        'group.consumer.session.timeout.ms': '10000',
        'group.consumer.min.heartbeat.interval.ms': '1000',
        'group.consumer.heartbeat.interval.ms': '1000',
      },
    })
    admin = new Admin(cluster.nodes)
    await admin.createTopic(topic, partitions)
    producer = new EndlessProducer(cluster.bootstrap, topic, recordsPerSecond)
  })
  afterEach(async () => {
    await Promise.all(members.map((member) => member.end('killed')))
    await producer?.stop()
    await cluster.close()
  })

  const join = (protocol: 'CLASSIC' | 'CONSUMER') => {
    const name = `member ${++made}`
    const { bootstrap } = cluster
    const member = new VerifiableMember({ bootstrap, topic, group, protocol, name, history })
    members.push(member)
    return member
  }
  const end = async (how: 'leaves' | 'killed') => {
    await members.shift()?.end(how)
  }
  /** Each of the members has a share, all shares together are the topic. */
  const allOwned = () =>
    waitFor(
      () => {
        for (const member of members) member.check()
        const shares = members.map(({ owned }) => owned)
        const all = new Set(shares.flat())
        return all.size === partitions && shares.every((share) => share.length > 0)
      },
      { what: `${members.length} members to own ${partitions} partitions`, timeoutMs: patienceMs },
    )
  const committed = (partition: number) => committedUpTo(history).get(partition) ?? 0
  /** Every partition is committed further on than now. */
  const progress = async () => {
    const before = Array.from({ length: partitions }, (_, partition) => committed(partition))
    await waitFor(() => before.every((offset, partition) => committed(partition) > offset), {
      what: `commits beyond ${before.join(', ')}`,
      timeoutMs: patienceMs,
    })
  }
  const coordinator = async () => cluster.node(await admin.coordinator(group, patienceMs))

  it.each(['CONSUMER', 'CLASSIC'] as const)('%s: keep what is promised', async (protocol) => {
    for (let count = 0; count < 3; count++) join(protocol)
    await allOwned()
    for (let round = 0; round < rounds; round++) {
      const killed = await coordinator()
      await killed.kill9()
      await progress()
      await killed.start()
      await end('leaves')
      await allOwned()
      join(protocol)
      await allOwned()
      await end('killed')
      await allOwned()
      join(protocol)
      // Members come and go while the group's coordinator does, too.
      const next = await coordinator()
      await next.kill9()
      await end('leaves')
      join(protocol)
      await allOwned()
      await progress()
      await next.start()
    }
    await producer?.stop()
    const sent = producer?.acknowledged ?? 0
    await waitFor(() => sum(committedUpTo(history)) >= sent, {
      what: `all ${sent} records to be committed`,
      timeoutMs: patienceMs,
    })
    await Promise.all(members.map((member) => member.end('leaves')))
    expect(wrongWith(history)).toEqual([])
    expect(sum(readUpTo(history))).toBeGreaterThanOrEqual(sent)
    const fetched = await admin.committed(group, topic, [...committedUpTo(history).keys()])
    expect(fetched).toEqual(committedUpTo(history))
    console.log(`${protocol}: ${made} members, ${sent} records, ${history.length} events`)
  })
})

function sum(offsets: ReadonlyMap<number, number>): number {
  return [...offsets.values()].reduce((total, offset) => total + offset, 0)
}
