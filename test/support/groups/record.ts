// Records vectors/ anew: node test/support/groups/record.ts PORT, with a fresh Apache Kafka of one
// node at that port, with offsets.topic.replication.factor=1 and the scenario's settings.

import { writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { KafkaClient } from '../kafka-client.ts'
import { playGroups } from './player.ts'

/** Time for a request that will wait to be taken in; nothing tells when it was. */
const settleMs = 200
const coordinatorErrors = [14, 15, 16]

const port = Number(process.argv[2])
const clients = new Map<string, KafkaClient>()

async function connected(name: string): Promise<KafkaClient> {
  const client = clients.get(name) ?? (await KafkaClient.connect({ port, clientId: name }))
  clients.set(name, client)
  return client
}

/** Kafka makes __consumer_offsets when it is first asked for a coordinator, and says so later. */
async function coordinatorIsThere(): Promise<void> {
  const client = await connected('admin')
  for (;;) {
    await setTimeout(settleMs)
    const found = await client.send('findCoordinator', 3, { key: 'j', keyType: 0 })
    const groups = await client.send('listGroups', 5, { statesFilter: [], typesFilter: [] })
    if (found.errorCode === 0 && !coordinatorErrors.includes(groups.errorCode)) return
  }
}

await coordinatorIsThere()
const answers = await playGroups(
  async (name, api, version, request) => {
    const client = await connected(name)
    return client.send(api, version, request as never)
  },
  { brokerPort: port, settle: () => setTimeout(settleMs) },
)
for (const client of clients.values()) await client.close()
const lines = answers.map((answer) => JSON.stringify(answer))
const vectors = new URL('vectors/kafka-4.3.1.json', import.meta.url)
writeFileSync(vectors, `[\n${lines.join(',\n')}\n]\n`)
