// Records vectors/ anew: node test/support/admin/record.ts PORT, with a fresh Apache Kafka of one
// node (id 1, broker and controller, listeners PLAINTEXT and CONTROLLER) at that port, formatted
// with --feature eligible.leader.replicas.version=0, and offsets.topic.replication.factor=1.

import { writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { KafkaClient } from '../kafka-client.ts'
import { play } from './player.ts'

/** Kafka's brokers learn of what its controller decided a little later; nothing tells when. */
const settleMs = 150
const coordinatorLoadInProgress = 14

const port = Number(process.argv[2])
const client = await KafkaClient.connect({ port })
const answers = await play(
  async (api, version, request) => {
    for (;;) {
      await setTimeout(settleMs)
      const answer = await client.send(api, version, request as never)
      const { errorCode } = answer as { errorCode?: number }
      if (errorCode !== coordinatorLoadInProgress) return answer
    }
  },
  { brokerPort: port },
)
await client.close()
const lines = answers.map((answer) => JSON.stringify(answer))
const vectors = new URL('vectors/kafka-4.3.1.json', import.meta.url)
writeFileSync(vectors, `[\n${lines.join(',\n')}\n]\n`)
