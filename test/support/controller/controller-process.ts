// A process that is nothing but a controller on a real directory: it makes topics as fast as it can
// and prints the name of each once it has been answered. Made to be killed. Arguments: directory,
// first number.

import { randomBytes } from 'node:crypto'
import { NodeRaftDirectory } from '@samsa/raft/driver/node-directory'
import { makeController, newTopic, registration, soleVoterLog } from './controllers.ts'

const [directory = '', first = '0'] = process.argv.slice(2)
const controller = makeController({
  log: soleVoterLog(new NodeRaftDirectory(directory)),
  newUuid: () => randomBytes(16).toString('base64url'),
})
const startedAtMs = performance.now()
await controller.start()
await controller.registerBroker(
  registration({
    clusterId: controller.image().clusterId,
    incarnationId: randomBytes(16).toString('base64url'),
  }),
)
process.stdout.write(`ready ${(performance.now() - startedAtMs).toFixed(1)}\n`)

/** Several at a time, so that a kill finds appends in every state. */
async function createTopics(lane: number): Promise<void> {
  for (let count = 0; ; count++) {
    const name = `topic-${Number(first) + count * 8 + lane}`
    const topics = [newTopic(name, { numPartitions: 3 })]
    const [result] = await controller.createTopics({ topics, validateOnly: false })
    if (result?.error !== 'NONE') throw new Error(`${name}: ${result?.message}`)
    process.stdout.write(`${name}\n`)
  }
}
await Promise.all(Array.from({ length: 8 }, (_, lane) => createTopics(lane)))
