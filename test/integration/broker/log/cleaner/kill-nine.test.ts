// kill -9 of a node at ten moments of a cleaning, each told by the files that the cleaner makes,
// renames and removes: nothing acknowledged is lost, nothing that was superseded or deleted is
// back, and the cleaning goes on and comes to its end.

import {
  existsSync,
  type FSWatcher,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
} from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SamsaProcess } from '../../../../support/cli/samsa-process.ts'
import { freePort } from '../../../../support/conformance/ports.ts'
import { waitFor } from '../../../../support/conformance/wait.ts'
import { CompactedHistory } from '../../../../support/disk/compacted-history.ts'
import { KafkaClient } from '../../../../support/kafka-client.ts'

const topic = 'compacted'
const batchesPerRound = 90
/** Of writing for one kill. */
const roundsMax = 20

/** When the node is killed: at the n-th thing that happens to a file of such a name. */
const moments: readonly { readonly file: RegExp; readonly nth: number }[] = [
  { file: /\.log\.cleaned$/, nth: 1 },
  { file: /\.log\.cleaned$/, nth: 4 },
  { file: /\.swap$/, nth: 1 },
  { file: /\.log\.swap$/, nth: 1 },
  { file: /\.log\.deleted$/, nth: 1 },
  { file: /\.index\.cleaned$/, nth: 6 },
  { file: /\.log\.swap$/, nth: 3 },
  { file: /\.timeindex\.deleted$/, nth: 3 },
  { file: /\.swap$/, nth: 9 },
  { file: /^cleaner-offset-checkpoint$/, nth: 1 },
]

let dataDir = ''
let port = 0
let configFile = ''
const running = new Set<SamsaProcess>()
const history = new CompactedHistory()

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'samsa-cleaner-'))
  port = await freePort()
  configFile = join(dataDir, 'server.properties')
  await mkdir(join(dataDir, 'logs'))
  const settings = [
    'node.id=1',
    'process.roles=broker,controller',
    `listeners=PLAINTEXT://127.0.0.1:${port}`,
    `log.dirs=${join(dataDir, 'logs')}`,
    'offsets.topic.replication.factor=1',
    'log.cleaner.backoff.ms=20',
    // Slow enough for a kill to find it at work.
    'log.cleaner.io.max.bytes.per.second=16000000',
  ]
  await writeFile(configFile, settings.join('\n'))
})

afterAll(async () => {
  for (const node of running) await node.stop('SIGKILL')
  rmSync(dataDir, { recursive: true, force: true })
})

async function startNode(): Promise<{ node: SamsaProcess; client: KafkaClient }> {
  const node = SamsaProcess.fromSource('node', '--config', configFile)
  running.add(node)
  await node.ready()
  return { node, client: await KafkaClient.connect({ port }) }
}

async function createTopic(client: KafkaClient): Promise<void> {
  const configs = {
    'cleanup.policy': 'compact',
    'segment.bytes': '1048576',
    'min.cleanable.dirty.ratio': '0',
    'delete.retention.ms': '200',
    'file.delete.delay.ms': '300',
  }
  const { topics } = await client.send('createTopics', 4, {
    topics: [
      {
        name: topic,
        numPartitions: 1,
        replicationFactor: 1,
        assignments: [],
        configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
      },
    ],
    timeoutMs: 10_000,
    validateOnly: false,
  })
  expect(topics[0]?.errorCode).toBe(0)
}

const logsDir = () => join(dataDir, 'logs')
const partitionDir = () => join(logsDir(), `${topic}-0`)

/** Kills the node at the moment; resolves when it is dead. */
function killAt(node: SamsaProcess, { file, nth }: (typeof moments)[number]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const watchers: FSWatcher[] = []
  let seen = 0
  const onEvent = (_type: string, name: string | null) => {
    if (name === null || !file.test(name) || ++seen !== nth) return
    for (const watcher of watchers) watcher.close()
    void node.stop('SIGKILL').then(() => resolve())
  }
  for (const dir of [logsDir(), partitionDir()]) watchers.push(watch(dir, onEvent))
  return promise
}

/** Until all is sent or the node is gone. */
async function writeSome(client: KafkaClient): Promise<void> {
  for (let sent = 0; sent < batchesPerRound; sent++) {
    try {
      await history.append(client, topic)
    } catch {
      return
    }
  }
}

/** Writes, and more when the cleaning of that came to its end before the moment, until the kill. */
async function writeUntil(killed: Promise<void>, client: KafkaClient, what: string): Promise<void> {
  const kill = { isDone: false }
  void killed.then(() => {
    kill.isDone = true
  })
  const isThrough = () => kill.isDone || checkpointedOffset() === activeBase()
  for (let round = 0; !kill.isDone; round++) {
    if (round === roundsMax) throw new Error(`${roundsMax} rounds of writing, and not ${what}`)
    await writeSome(client)
    await waitFor(isThrough, { what: `${what}, or the end of the cleaning`, timeoutMs: 60_000 })
  }
}

function checkpointedOffset(): number {
  const file = join(logsDir(), 'cleaner-offset-checkpoint')
  if (!existsSync(file)) return -1
  const [, , line = ''] = readFileSync(file, 'utf8').split('\n')
  return Number(line.split(' ')[2] ?? -1)
}

const filesLike = (name: RegExp) => readdirSync(partitionDir()).filter((file) => name.test(file))

const activeBase = () =>
  Number.parseInt(
    filesLike(/\.log$/)
      .sort()
      .at(-1) ?? '',
    10,
  )

it('loses nothing to kill -9 at ten moments of a cleaning', async () => {
  let { node, client } = await startNode()
  await createTopic(client)
  for (const moment of moments) {
    const killed = killAt(node, moment)
    const where = `${moment.file} the ${moment.nth}. time`
    await writeUntil(killed, client, where)
    running.delete(node)
    await client.close()
    ;({ node, client } = await startNode())
    expect(filesLike(/\.(cleaned|swap)$/), where).toEqual([])
    expect(await history.faults(client, topic), where).toEqual([])
  }
  // Nothing stops it now: it gets as far as it may, and leaves the last value of each key.
  const isThrough = () => checkpointedOffset() === activeBase()
  await waitFor(isThrough, { what: 'the cleaning to go on', timeoutMs: 60_000 })
  expect(await history.faults(client, topic, activeBase())).toEqual([])
  await client.close()
  expect(await node.stop()).toBe(0)
  running.delete(node)
}, 300_000)
