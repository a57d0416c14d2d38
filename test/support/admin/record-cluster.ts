// Records vectors/kafka-4.3.1-cluster.json anew: node test/support/admin/record-cluster.ts. Starts
// three nodes of Apache Kafka for it, from the jars of npm run setup:java.

import { writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { startCluster } from '../conformance/cluster.ts'
import { KafkaClient } from '../kafka-client.ts'
import type { Event } from './cluster-scenario.ts'
import { clusterScenario } from './cluster-scenario.ts'
import { playScenario } from './player.ts'

/** Kafka's brokers learn of what its controller decided a little later; nothing tells when. */
const settleMs = 300
const catchUpMs = 3_000
/** A broker that is killed is fenced 9 s later, and the quorum may need another leader first. */
const fencedMs = 15_000

// Produced to by nobody: min.insync.replicas only decides who becomes an eligible leader replica.
const cluster = await startCluster({
  kind: 'kafka',
  nodes: 3,
  configs: { 'min.insync.replicas': '1', 'auto.leader.rebalance.enable': 'false' },
})
try {
  const client = await KafkaClient.connect({ port: cluster.port })
  const happen = async (event: Event['event']) => {
    if (event === 'replicas catch up') return await setTimeout(catchUpMs)
    await cluster.node(3).kill9()
    await setTimeout(fencedMs)
  }
  const answers = await playScenario(clusterScenario, {
    async ask(api, version, request) {
      await setTimeout(settleMs)
      return await client.send(api, version, request as never)
    },
    happen,
    brokerPort: cluster.port,
  })
  await client.close()
  const lines = answers.map((answer) => JSON.stringify(answer))
  const vectors = new URL('vectors/kafka-4.3.1-cluster.json', import.meta.url)
  writeFileSync(vectors, `[\n${lines.join(',\n')}\n]\n`)
} finally {
  await cluster.kill9()
}
