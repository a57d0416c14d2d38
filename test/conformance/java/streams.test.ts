// Applications of Kafka Streams against the broker: words counted by way of a repartition topic and
// a store with its changelog, exactly once, by two processes of which one leaves and one is killed.
// With the groups of KIP-1071, whose tasks the broker assigns, and with classic ones.

import type { Consumer } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import {
  kafkaTools,
  lines,
  type RunTool,
  tableRows,
} from '../../support/conformance/kafka-tools.ts'
import { createTopic, kafkaJs } from '../../support/conformance/kafkajs-client.ts'
import { StreamsApp } from '../../support/conformance/streams-app.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { waitFor } from '../../support/conformance/wait.ts'

const countTimeoutMs = 120_000
const vocabulary = ['one', 'two', 'three', 'four', 'five', 'six', 'seven']

// So that a member that is killed is missed soon.
const configs = {
  'group.streams.min.session.timeout.ms': '6000',
  'group.streams.session.timeout.ms': '6000',
  'group.streams.min.heartbeat.interval.ms': '500',
  'group.streams.heartbeat.interval.ms': '1000',
  'group.streams.initial.rebalance.delay.ms': '1000',
}

conformanceSuite('Kafka Streams', ['java', 'streams'], () => {
  let cluster: Cluster
  let tools: RunTool

  beforeAll(async () => {
    cluster = await startCluster({ configs })
    tools = kafkaTools(cluster.bootstrap)
  })
  afterAll(() => cluster?.close())

  describe.each(['streams', 'classic'])('with group.protocol=%s', (protocol) => {
    const input = `words-${protocol}`
    const output = `counts-${protocol}`
    const applicationId = `count-${protocol}`
    const expected = new Map<string, number>()
    const counted = new Map<string, number>()
    const apps = new Set<StreamsApp>()
    let reader: Consumer

    beforeAll(async () => {
      await createTopic(cluster.bootstrap, input, 4)
      await createTopic(cluster.bootstrap, output, 1)
      reader = kafkaJs(cluster.bootstrap).consumer({
        groupId: `reader-${protocol}`,
        readUncommitted: false,
      })
      await reader.connect()
      await reader.subscribe({ topic: output, fromBeginning: true })
      await reader.run({
        eachMessage: async ({ message: { key, value } }) => {
          await Promise.resolve()
          counted.set(key?.toString() ?? '', Number(value?.toString()))
        },
      })
    })
    afterAll(async () => {
      for (const app of apps) await app.kill9()
      await reader?.disconnect()
    })

    function startApp(): StreamsApp {
      const settings = {
        'group.protocol': protocol,
        'processing.guarantee': 'exactly_once_v2',
        'num.stream.threads': '2',
        'transaction.timeout.ms': '10000',
        ...(protocol === 'classic'
          ? { 'session.timeout.ms': '6000', 'heartbeat.interval.ms': '1000' }
          : {}),
      }
      const { bootstrap } = cluster
      const app = new StreamsApp({ bootstrap, applicationId, input, output, settings })
      apps.add(app)
      return app
    }

    async function write(lineCount: number): Promise<void> {
      const producer = kafkaJs(cluster.bootstrap).producer()
      await producer.connect()
      const messages = Array.from({ length: lineCount }, (_, index) => {
        const words = [0, 1, 2].map((step) => vocabulary[(index + step * step) % 7] ?? '')
        for (const word of words) expected.set(word, (expected.get(word) ?? 0) + 1)
        return { key: `${index}`, value: words.join(' ') }
      })
      await producer.send({ topic: input, messages })
      await producer.disconnect()
    }

    /** The counts are what was written: nothing is missing, nothing counted twice. */
    async function countsAreRight(): Promise<void> {
      const isRight = () => [...expected].every(([word, count]) => counted.get(word) === count)
      try {
        await waitFor(isRight, { what: 'the counts', timeoutMs: countTimeoutMs })
      } finally {
        expect(Object.fromEntries(counted)).toEqual(Object.fromEntries(expected))
      }
    }

    it('counts in two processes', async () => {
      await write(500)
      const [first, second] = [startApp(), startApp()]
      await first.running()
      await second.running()
      await countsAreRight()
      const topics = lines(await tools('topics', ['--list']))
      expect(topics).toContain(`${applicationId}-by-word-repartition`)
      expect(topics).toContain(`${applicationId}-counts-changelog`)
    })

    it('goes on when a process leaves', async () => {
      const [, second] = apps
      await second?.stop()
      if (second !== undefined) apps.delete(second)
      await write(500)
      await countsAreRight()
    })

    it('goes on when a process is killed', async () => {
      const third = startApp()
      await third.running()
      await write(500)
      await third.kill9()
      apps.delete(third)
      await write(500)
      await countsAreRight()
    })

    // Kafka's tool knows groups of the new protocol only.
    if (protocol === 'streams') {
      it('is listed and described by kafka-streams-groups', async () => {
        const listed = lines(await tools('streamsGroups', ['--list']))
        expect(listed).toContain(applicationId)
        const group = ['--describe', '--group', applicationId]
        const state = tableRows(await tools('streamsGroups', [...group, '--state']))
        expect(state.flat()).toContain('Stable')
        const members = lines(await tools('streamsGroups', [...group, '--members']))
        expect(members.join('\n')).toMatch(/ACTIVE/i)
        const offsets = tableRows(await tools('streamsGroups', group))
        const rows = offsets.filter(([id]) => id === applicationId)
        expect(rows.length).toBeGreaterThanOrEqual(8)
      })
    }
  })
})
