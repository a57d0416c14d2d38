// Kafka's tools for a cluster of three nodes and a fourth that joins: kafka-leader-election,
// kafka-reassign-partitions, kafka-metadata-quorum, kafka-cluster, kafka-features.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import type { ClusterNode } from '../../support/conformance/cluster-node.ts'
import {
  kafkaTools,
  lines,
  type RunTool,
  tableRows,
} from '../../support/conformance/kafka-tools.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { waitFor } from '../../support/conformance/wait.ts'

const waitTimeoutMs = 60_000
const clusterNodes = 3

interface Reassignment {
  readonly partitions: readonly {
    readonly topic: string
    readonly partition: number
    readonly replicas: readonly number[]
  }[]
}

conformanceSuite('the tools of a cluster', ['java'], () => {
  let cluster: Cluster
  let tools: RunTool
  let dir = ''

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'cluster-admin-'))
    cluster = await startCluster({
      nodes: clusterNodes,
      spares: 1,
      configs: { 'auto.leader.rebalance.enable': 'false' },
    })
    tools = kafkaTools(cluster.bootstrap)
  })
  afterAll(async () => {
    await cluster?.close()
    rmSync(dir, { recursive: true })
  })

  const create = (topic: string, assignment: string) =>
    tools('topics', ['--create', '--topic', topic, '--replica-assignment', assignment])

  /** Leader and replicas of each partition, as kafka-topics shows them. */
  async function placesOf(topic: string): Promise<{ leader: string; replicas: string }[]> {
    const rows = lines(await tools('topics', ['--describe', '--topic', topic])).slice(1)
    return rows.map((row) => {
      const [, leader = '', replicas = ''] = /Leader: (\S+)\tReplicas: (\S+)/.exec(row) ?? []
      return { leader, replicas }
    })
  }

  async function waitForAllInSync(topic: string): Promise<void> {
    const describe = ['--describe', '--topic', topic, '--under-replicated-partitions']
    const allInSync = async () => lines(await tools('topics', describe)).length === 0
    await waitFor(allInSync, { what: `all replicas of ${topic}`, timeoutMs: waitTimeoutMs })
  }

  function jsonFile(name: string, content: unknown): string {
    const file = join(dir, name)
    writeFileSync(file, JSON.stringify(content))
    return file
  }

  it('has the preferred leader elected once its broker is back', async () => {
    await create('elected', '2:1:3,1:2:3')
    await cluster.node(2).stop()
    expect((await placesOf('elected'))[0]?.leader).not.toBe('2')
    await cluster.node(2).start()
    await waitForAllInSync('elected')

    const preferred = ['--election-type', 'preferred', '--topic', 'elected', '--partition', '0']
    const elected = await tools('leaderElection', preferred)
    expect(elected.text).toContain('Successfully completed leader election (PREFERRED)')
    expect((await placesOf('elected'))[0]?.leader).toBe('2')
    const again = await tools('leaderElection', preferred)
    expect(again.text).toContain('Valid replica already elected for partitions elected-0')
    const unclean = ['--election-type', 'unclean', '--topic', 'elected', '--partition', '1']
    expect((await tools('leaderElection', unclean)).text).toContain('Valid replica already elected')
  })

  it('refuses an election of a partition that is not there', async () => {
    const unknown = ['--election-type', 'preferred', '--topic', 'nobody', '--partition', '0']
    const refused = await tools('leaderElection', unknown, { allowFailure: true })
    expect(refused.code).toBe(1)
    expect(refused.text).toContain('UnknownTopicOrPartitionException')
  })

  it('moves partitions to other brokers, throttled, and verifies that they are there', async () => {
    await create('moved', '1:2,1:2')
    const topics = jsonFile('topics.json', { version: 1, topics: [{ topic: 'moved' }] })
    const wish = ['--topics-to-move-json-file', topics, '--broker-list', '2,3']
    const generated = lines(await tools('reassignPartitions', ['--generate', ...wish]))
    const proposed = JSON.parse(generated.at(-1) ?? '') as Reassignment
    expect(proposed.partitions.flatMap(({ replicas }) => replicas)).not.toContain(1)
    const plan = ['--reassignment-json-file', jsonFile('plan.json', proposed)]
    const begun = await tools('reassignPartitions', ['--execute', ...plan, '--throttle', '9999999'])
    expect(begun.text).toContain('The inter-broker throttle limit was set to 9999999 B/s')
    expect(begun.text).toContain('Successfully started partition reassignments for moved-0,moved-1')

    let verified = ''
    const isDone = async () => {
      verified = (await tools('reassignPartitions', ['--verify', ...plan])).text
      return !verified.includes('still in progress')
    }
    await waitFor(isDone, { what: 'the moves', timeoutMs: waitTimeoutMs })
    for (const index of [0, 1]) {
      expect(verified).toContain(`Reassignment of partition moved-${index} is completed.`)
    }
    expect(verified).toContain('Clearing topic-level throttles on topic moved')
    const wanted = proposed.partitions.map(({ replicas }) => replicas.join(','))
    expect((await placesOf('moved')).map(({ replicas }) => replicas)).toEqual(wanted)
    const described = await tools('configs', ['--describe', '--topic', 'moved'])
    expect(described.text).not.toContain('throttled')
  })

  it('lists a move that cannot end, and takes it back', async () => {
    await create('stuck', '1:2')
    await cluster.node(3).stop()
    const partitions = [{ topic: 'stuck', partition: 0, replicas: [1, 3] }]
    const plan = ['--reassignment-json-file', jsonFile('stuck.json', { version: 1, partitions })]
    // The tool itself wants only brokers that are up.
    const refused = await tools('reassignPartitions', ['--execute', ...plan], {
      allowFailure: true,
    })
    expect(refused.text).toMatch(/Unknown broker id 3|Successfully started/)
    if (refused.text.includes('Successfully started')) {
      const listed = await tools('reassignPartitions', ['--list'])
      expect(listed.text).toContain('stuck-0: replicas: 1,3,2. adding: 3. removing: 2.')
      const cancelled = await tools('reassignPartitions', ['--cancel', ...plan])
      expect(cancelled.text).toContain(
        'Successfully cancelled partition reassignments for: stuck-0',
      )
    }
    expect((await tools('reassignPartitions', ['--list'])).text).toContain(
      'No partition reassignments found.',
    )
    await cluster.node(3).start()
    expect((await placesOf('stuck'))[0]?.replicas).toBe('1,2')
  })

  const quorum = async () =>
    lines(await tools('metadataQuorum', ['describe', '--status'])).join('\n')
  const voterIds = async () => {
    const voters = /^CurrentVoters: +(\[.*\])$/m.exec(await quorum())?.[1] ?? ''
    return [...voters.matchAll(/"id": (\d+)/g)].map(([, id]) => Number(id)).sort((a, b) => a - b)
  }

  it('describes the quorum with the endpoints of its voters', async () => {
    const status = await quorum()
    for (const node of cluster.nodes) {
      expect(status).toMatch(
        new RegExp(
          `"id": ${node.id}, "directoryId": "${node.directoryId}", ` +
            `"endpoints": \\["CONTROLLER://[^"]*:${node.controllerPort}"\\]`,
        ),
      )
    }
    const rows = tableRows(await tools('metadataQuorum', ['describe', '--replication']))
    const voters = rows.filter((row) => row.at(-1) === 'Leader' || row.at(-1) === 'Follower')
    expect(voters).toHaveLength(clusterNodes)
  })

  it('adds a fourth controller, and removes it', async () => {
    const spare = cluster.node(4)
    await spare.start()
    const config = ['--command-config', configOf(spare)]
    const add = async () => {
      const added = await tools('metadataQuorum', [...config, 'add-controller'], {
        allowFailure: true,
      })
      return added.code === 0 && added.text.includes('Added controller 4 with directory id')
    }
    await waitFor(add, { what: 'the fourth controller', timeoutMs: waitTimeoutMs })
    expect(await voterIds()).toEqual([1, 2, 3, 4])
    const { directoryId } = spare
    const which = ['--controller-id', '4', '--controller-directory-id']
    const stranger = 'aDirectoryOfSomeoneElg'
    const refused = await tools('metadataQuorum', ['remove-controller', ...which, stranger], {
      allowFailure: true,
    })
    expect(refused.text).toContain('VoterNotFoundException')
    const removed = await tools('metadataQuorum', ['remove-controller', ...which, directoryId])
    expect(removed.text).toMatch(/Removed +KRaft controller 4 with directory id /)
    expect(await voterIds()).toEqual([1, 2, 3])
  })

  it('tells of a broker that is gone, and unregisters it', async () => {
    const endpoints = async () =>
      tableRows(await tools('cluster', ['list-endpoints', '--include-fenced-brokers']))
    const { stdout } = await tools('cluster', ['cluster-id'])
    expect(stdout.toString()).toMatch(/^Cluster ID: [\w-]{22}$/m)
    const unfenced = (await endpoints()).filter((row) => row.includes('unfenced'))
    expect(unfenced.map(([id]) => id)).toEqual(['1', '2', '3', '4'])
    await cluster.node(4).stop()
    const isFenced = async () =>
      (await endpoints()).some((row) => row[0] === '4' && row[4] === 'fenced')
    await waitFor(isFenced, { what: 'the end of broker 4', timeoutMs: waitTimeoutMs })
    const gone = await tools('cluster', ['unregister', '--id', '4'])
    expect(gone.text).toContain('Broker 4 is no longer registered.')
    expect((await endpoints()).map(([id]) => id)).not.toContain('4')
    // Kafka's tool ends with 0 here, whatever it says.
    const again = await tools('cluster', ['unregister', '--id', '4'], { allowFailure: true })
    expect(again.text).toContain('Broker ID 4 is not currently registered')
  })

  it('describes features, and refuses levels that there are not', async () => {
    const described = lines(await tools('features', ['describe']))
    expect(described.find((line) => line.startsWith('Feature: metadata.version'))).toMatch(
      /SupportedMaxVersion: 4\.3-IV0\s+FinalizedVersionLevel: 4\.3-IV0\s/,
    )
    const upgrade = (feature: string) =>
      tools('features', ['upgrade', '--feature', feature], { allowFailure: true })
    const same = await upgrade('metadata.version=30')
    expect(same.text).toContain('metadata.version was upgraded to 30')
    const unknown = await upgrade('no.such.feature=1')
    expect(unknown.code).toBe(1)
    expect(unknown.text).toContain('no.such.feature')
    const high = await upgrade('metadata.version=99')
    expect(high.text).toMatch(/Could not upgrade metadata\.version to 99|only supports/)
  })
})

function configOf({ dir }: ClusterNode): string {
  const [found] = ['server.properties', 'kafka.properties']
    .map((name) => join(dir, name))
    .filter(existsSync)
  if (found === undefined) throw new Error(`${dir} has no configuration`)
  return found
}
