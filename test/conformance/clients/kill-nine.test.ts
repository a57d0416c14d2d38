// kill -9 in the middle of an idempotent acks=all produce, ten times: after each restart every
// acknowledged record is there once and in order, and no committed offset has gone back.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { AcknowledgedWork } from '../../support/conformance/acknowledged-work.ts'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import { python } from '../../support/conformance/confluent-client.ts'
import { createTopic, kafkaJs } from '../../support/conformance/kafkajs-client.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { waitFor } from '../../support/conformance/wait.ts'

const kills = 10
const partitions = 6
const topic = 'killed'
const group = 'killed-group'
const ackTimeoutMs = 120_000

conformanceSuite('kill -9 in the middle of a produce', ['python'], () => {
  let cluster: Cluster
  let work: AcknowledgedWork

  beforeAll(async () => {
    cluster = await startCluster()
    await createTopic(cluster.bootstrap, topic, partitions)
    work = new AcknowledgedWork({ bootstrap: cluster.bootstrap, topic, partitions, group })
    await work.acknowledges(1_000, ackTimeoutMs)
    await waitFor(() => Math.min(...work.committed) > 0, {
      what: 'the first commit',
      timeoutMs: ackTimeoutMs,
    })
  })
  afterAll(async () => {
    work?.kill()
    await cluster?.close()
  })

  it.each(Array.from({ length: kills }, (_, index) => index + 1))(
    'loses, repeats and reorders nothing at kill %i',
    async (kill) => {
      // A different amount of work before each kill, so that they fall at different points of it.
      await work.acknowledges(700 * kill, ackTimeoutMs)
      await cluster.kill9()
      const acknowledged = work.offsets.map((offsets) => new Map(offsets))
      const committed = [...work.committed]
      await cluster.restart()
      await expectCommittedAtLeast(cluster.bootstrap, committed)
      expectHolds(await readNumbers(cluster.bootstrap), acknowledged)
      await work.acknowledges(100, ackTimeoutMs)
    },
  )

  it('holds exactly what the producer sent once it has ended', async () => {
    await work.finish()
    const log = await readNumbers(cluster.bootstrap)
    expectHolds(log, work.offsets)
    const read = log.reduce((sum, numbers) => sum + numbers.length, 0)
    expect(read).toBe(work.acknowledgedRecords)
    // Commits must have gone through all the while, or the checks above have checked nothing.
    expect(Math.min(...work.committed)).toBeGreaterThan(kills)
    await expectCommittedAtLeast(cluster.bootstrap, work.committed)
  })
})

/** The numbers of the records of each partition, as they lie at offsets 0, 1, 2... */
async function readNumbers(bootstrap: string): Promise<number[][]> {
  const { stdout } = await python('read_keys.py', [bootstrap, topic, String(partitions)])
  const log: number[][] = Array.from({ length: partitions }, () => [])
  for (const line of stdout.toString().split('\n')) {
    if (line === '') continue
    const [partition = '', offset = '', key = ''] = line.split(' ')
    const [ownPartition = '', number = ''] = key.split(':')
    const numbers = log[Number(partition)]
    if (numbers === undefined || ownPartition !== partition || Number(offset) !== numbers.length) {
      throw new Error(`an unexpected record: ${line.slice(0, 80)}`)
    }
    numbers.push(Number(number))
  }
  return log
}

/**
 * Each partition holds 0, 1, 2... without gap or repeat, and each acknowledged one at its offset.
 */
function expectHolds(log: number[][], acknowledged: readonly Map<number, number>[]): void {
  for (const [partition, numbers] of log.entries()) {
    const wrong = numbers.findIndex((number, index) => number !== index)
    expect(`partition ${partition}, first wrong number at ${wrong}`).toBe(
      `partition ${partition}, first wrong number at -1`,
    )
    for (const [number, offset] of acknowledged[partition] ?? []) {
      if (numbers[offset] !== number) {
        throw new Error(`record ${number} of partition ${partition} is not at offset ${offset}`)
      }
    }
  }
}

async function expectCommittedAtLeast(bootstrap: string, least: readonly number[]): Promise<void> {
  const fetched = await waitFor(() => fetchCommitted(bootstrap), {
    what: 'the coordinator to have loaded the group',
    timeoutMs: ackTimeoutMs,
  })
  for (const [partition, committed] of least.entries()) {
    expect(fetched.get(partition) ?? -1).toBeGreaterThanOrEqual(committed)
  }
}

/**
 * The committed offset of each partition, or undefined while the coordinator has not loaded them.
 */
async function fetchCommitted(bootstrap: string): Promise<Map<number, number> | undefined> {
  const admin = kafkaJs(bootstrap).admin()
  await admin.connect()
  try {
    const [fetched] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
    return new Map(fetched?.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
  } catch (error) {
    // kafkajs does not itself try again after these two in an admin request.
    const { type } = error as { type?: string }
    if (type === 'NOT_COORDINATOR_FOR_GROUP' || type === 'GROUP_LOAD_IN_PROGRESS') return undefined
    throw error
  } finally {
    await admin.disconnect()
  }
}
