// Kafka's tools for consumer groups: kafka-consumer-groups and kafka-groups, on empty and on live
// groups.

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
import { conformanceSuite } from '../../support/conformance/suite.ts'

const topic = 'grouped'
const recordsPerPartition = 10

conformanceSuite('ConsumerGroupCommand and GroupsCommand', ['java'], () => {
  let cluster: Cluster
  let tools: RunTool

  beforeAll(async () => {
    cluster = await startCluster()
    tools = kafkaTools(cluster.bootstrap)
    await createTopic(cluster.bootstrap, topic, 2)
    const producer = kafkaJs(cluster.bootstrap).producer()
    await producer.connect()
    for (const partition of [0, 1]) {
      const messages = Array.from({ length: recordsPerPartition }, (_, n) => ({
        partition,
        value: `${n}`,
      }))
      await producer.send({ topic, messages })
    }
    await producer.disconnect()
  })
  afterAll(() => cluster?.close())

  const consume = (group: string) =>
    tools('consoleConsumer', [
      '--topic',
      topic,
      '--group',
      group,
      '--from-beginning',
      '--max-messages',
      String(2 * recordsPerPartition),
    ])
  const groups = (...args: string[]) => tools('consumerGroups', args)

  /** Committed and end offset of each partition, as the tool shows them. */
  const offsetsOf = async (group: string) => {
    const rows = tableRows(await groups('--describe', '--group', group))
    return rows
      .filter((row) => row[0] === group)
      .map(([, name, partition, current, end, lag]) => [name, partition, current, end, lag])
      .sort(([, first = ''], [, second = '']) => first.localeCompare(second))
  }

  const addresses = () => cluster.nodes.map((node) => `${node.host}:${node.port} (${node.id})`)
  const reset = (...args: string[]) =>
    groups('--reset-offsets', '--group', 'resettable', '--topic', topic, ...args)
  const committed = async () => (await offsetsOf('resettable')).map((row) => row[2])

  it('lists and describes a group that has read all and left', async () => {
    await consume('reader')
    expect(lines(await groups('--list'))).toContain('reader')
    expect(await offsetsOf('reader')).toEqual([
      [topic, '0', '10', '10', '0'],
      [topic, '1', '10', '10', '0'],
    ])
    const state = tableRows(await groups('--describe', '--group', 'reader', '--state'))
    const [group, coordinator = '', id, ...standing] = state.at(-1) ?? []
    expect([group, ...standing]).toEqual(['reader', '-', 'Empty', '0'])
    expect(addresses()).toContain(`${coordinator} ${id}`)
    expect(lines(await groups('--list', '--state', 'Empty')).join('\n')).toMatch(/^reader +Empty/m)
    expect(tableRows(await tools('groups', ['--list']))).toContainEqual([
      'reader',
      'Classic',
      'consumer',
    ])
  })

  describe('with a live member', () => {
    let member: Consumer

    beforeAll(async () => {
      member = kafkaJs(cluster.bootstrap).consumer({ groupId: 'live' })
      const joined = Promise.withResolvers<undefined>()
      const read = Promise.withResolvers<undefined>()
      let count = 0
      member.on('consumer.group_join', () => joined.resolve(undefined))
      await member.connect()
      await member.subscribe({ topics: [topic], fromBeginning: true })
      await member.run({
        autoCommitThreshold: 1,
        eachMessage: () => {
          if (++count === 2 * recordsPerPartition) read.resolve(undefined)
          return Promise.resolve()
        },
      })
      await Promise.all([joined.promise, read.promise])
    })
    afterAll(() => member?.disconnect())

    it('describes the group, its member and its assignment', async () => {
      const state = tableRows(await groups('--describe', '--group', 'live', '--state'))
      const [live, coordinator = '', id, ...standing] = state.at(-1) ?? []
      expect([live, ...standing]).toEqual(['live', 'RoundRobinAssigner', 'Stable', '1'])
      expect(addresses()).toContain(`${coordinator} ${id}`)
      const members = tableRows(await groups('--describe', '--group', 'live', '--members'))
      const [group, memberId, host, clientId, partitions] = members.at(-1) ?? []
      expect([group, host, clientId, partitions]).toEqual([
        'live',
        '/127.0.0.1',
        'conformance',
        '2',
      ])
      expect(memberId).toMatch(/^conformance-[0-9a-f-]{36}$/)
    })

    it('refuses to delete the group and to reset its offsets while it lives', async () => {
      const deleted = await tools('consumerGroups', ['--delete', '--group', 'live'], {
        allowFailure: true,
      })
      expect(deleted.text).toMatch(/GroupNotEmptyException/)
      const args = ['--reset-offsets', '--group', 'live', '--topic', topic]
      const reset = await tools('consumerGroups', [...args, '--to-earliest', '--execute'], {
        allowFailure: true,
      })
      expect(reset.text).toMatch(/current state is Stable/)
    })

    it('refuses to delete offsets of a topic that the member is subscribed to', async () => {
      const args = ['--delete-offsets', '--group', 'live', '--topic', topic]
      const deleted = await tools('consumerGroups', args, { allowFailure: true })
      expect(deleted.text).toMatch(/GroupSubscribedToTopicException|subscribed to/)
    })
  })

  it('resets offsets to the earliest, to an offset, by a shift, and only shows it when asked', async () => {
    await consume('resettable')
    await reset('--to-earliest', '--dry-run')
    expect(await committed()).toEqual(['10', '10'])
    await reset('--to-earliest', '--execute')
    expect(await committed()).toEqual(['0', '0'])
    await reset('--shift-by', '7', '--execute')
    expect(await committed()).toEqual(['7', '7'])
    await reset('--to-offset', '3', '--execute')
    expect(await committed()).toEqual(['3', '3'])
    await reset('--to-latest', '--execute')
    expect(await committed()).toEqual(['10', '10'])
    await reset('--to-datetime', '2020-01-01T00:00:00.000', '--execute')
    expect(await committed()).toEqual(['0', '0'])
  })

  it('deletes the offsets of a topic', async () => {
    await consume('forgetful')
    const deleted = tableRows(
      await groups('--delete-offsets', '--group', 'forgetful', '--topic', `${topic}:1`),
    )
    expect(deleted).toContainEqual([topic, '1', 'Successful'])
    expect(await offsetsOf('forgetful')).toEqual([[topic, '0', '10', '10', '0']])
  })

  it('deletes a group, and then knows it no more', async () => {
    await consume('doomed')
    const deleted = lines(await groups('--delete', '--group', 'doomed')).join('\n')
    expect(deleted).toContain("Deletion of requested consumer groups ('doomed') was successful.")
    expect(lines(await groups('--list'))).not.toContain('doomed')
    const again = await tools('consumerGroups', ['--delete', '--group', 'doomed'], {
      allowFailure: true,
    })
    expect(again.text).toMatch(/GroupIdNotFoundException/)
  })
})
