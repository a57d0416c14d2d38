// Groups of both protocols by Kafka's own tools: kafka-configs and kafka-consumer-groups with live
// members of the consumer protocol (KIP-848), in all that they show and refuse.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import type { GroupEvent } from '../../support/conformance/group-history.ts'
import {
  kafkaTools,
  lines,
  type RunTool,
  tableRows,
} from '../../support/conformance/kafka-tools.ts'
import { createTopic, kafkaJs } from '../../support/conformance/kafkajs-client.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { VerifiableMember } from '../../support/conformance/verifiable-member.ts'
import { waitFor } from '../../support/conformance/wait.ts'

const topic = 'shared'
const group = 'new-kind'
const recordsPerPartition = 10
const patienceMs = 60_000

conformanceSuite('groups of the consumer protocol by tools', ['java'], () => {
  let cluster: Cluster
  let tools: RunTool
  const members: VerifiableMember[] = []

  beforeAll(async () => {
    cluster = await startCluster()
    tools = kafkaTools(cluster.bootstrap)
    await createTopic(cluster.bootstrap, topic, 2)
    const producer = kafkaJs(cluster.bootstrap).producer()
    await producer.connect()
    for (const partition of [0, 1]) {
      const messages = Array.from({ length: recordsPerPartition }, () => ({
        partition,
        value: 'v',
      }))
      await producer.send({ topic, messages })
    }
    await producer.disconnect()
  })
  afterAll(async () => {
    await Promise.all(members.map((member) => member.end('killed')))
    await cluster?.close()
  })

  const groups = (...args: string[]) => tools('consumerGroups', args)
  const failing = async (...args: string[]) =>
    (await tools('consumerGroups', args, { allowFailure: true })).text
  const entity = ['--entity-type', 'groups', '--entity-name', group]
  const described = async (...args: string[]) =>
    lines(await tools('configs', ['--describe', ...entity, ...args])).join('\n')
  const alter = (...args: string[]) =>
    tools('configs', ['--alter', ...entity, ...args], { allowFailure: true })

  it('have configs, within the bounds of the brokers', async () => {
    await alter('--add-config', 'consumer.session.timeout.ms=50000')
    expect(await described()).toContain('consumer.session.timeout.ms=50000')
    // Without a name the tool asks which groups have configs (KIP-1142).
    const all = lines(await tools('configs', ['--describe', '--entity-type', 'groups']))
    expect(all.join('\n')).toMatch(new RegExp(`group '?${group}`))
    expect(await described('--all')).toContain('consumer.heartbeat.interval.ms=5000')
    const tooShort = await alter('--add-config', 'consumer.session.timeout.ms=100')
    expect(tooShort.text).toContain('group.consumer.min.session.timeout.ms')
    const unknown = await alter('--add-config', 'consumer.shoe.size=44')
    expect(unknown.text).toMatch(/Unknown group config name: consumer\.shoe\.size/)
    expect(await described()).not.toContain('shoe')
    await alter('--delete-config', 'consumer.session.timeout.ms')
    expect(await described()).not.toContain('consumer.session.timeout.ms=50000')
  })

  describe('with two live members', () => {
    beforeAll(async () => {
      const { bootstrap } = cluster
      const history: GroupEvent[] = []
      for (const name of ['one', 'two']) {
        members.push(
          new VerifiableMember({ bootstrap, topic, group, protocol: 'CONSUMER', name, history }),
        )
      }
      await waitFor(() => members.every(({ owned }) => owned.length === 1), {
        what: 'both members to have a partition',
        timeoutMs: patienceMs,
      })
      await waitFor(
        () => {
          const committed = history.filter(({ type }) => type === 'committed')
          return committed.length >= 2
        },
        { what: 'both partitions to be committed', timeoutMs: patienceMs },
      )
    })

    it('are listed by kind and state', async () => {
      expect(lines(await groups('--list', '--type', 'consumer'))).toEqual(
        expect.arrayContaining([expect.stringMatching(new RegExp(`^${group}\\b`))]),
      )
      expect(lines(await groups('--list', '--type', 'classic')).join('\n')).not.toContain(group)
      expect(lines(await groups('--list', '--state', 'stable')).join('\n')).toContain(group)
      expect(tableRows(await tools('groups', ['--list']))).toContainEqual([
        group,
        'Consumer',
        'consumer',
      ])
    })

    it('are described with offsets, members, epochs and targets', async () => {
      const offsets = tableRows(await groups('--describe', '--group', group))
      const rows = offsets.filter(([name]) => name === group)
      expect(rows.map((row) => row.slice(1, 6).join(' ')).sort()).toEqual([
        `${topic} 0 10 10 0`,
        `${topic} 1 10 10 0`,
      ])
      const state = tableRows(await groups('--describe', '--group', group, '--state')).at(-1)
      expect(state?.slice(3)).toEqual(['uniform', 'Stable', '2'])
      const verbose = tableRows(
        await groups('--describe', '--group', group, '--members', '--verbose'),
      )
      expect(verbose[0]).toContain('TARGET-EPOCH')
      const shown = verbose.filter(([name]) => name === group).map((row) => row.join(' '))
      expect(shown).toHaveLength(2)
      expect(shown.filter((row) => row.includes(`${topic}:0`))).toHaveLength(1)
      expect(shown.filter((row) => row.includes(`${topic}:1`))).toHaveLength(1)
    })

    it('refuse what would harm their members', async () => {
      expect(await failing('--delete', '--group', group)).toContain('GroupNotEmptyException')
      const reset = ['--reset-offsets', '--group', group, '--topic', topic, '--to-earliest']
      expect(await failing(...reset, '--execute')).toMatch(/current state is Stable/)
      const offsets = ['--delete-offsets', '--group', group, '--topic', topic]
      expect(await failing(...offsets)).toMatch(/GroupSubscribedToTopicException|subscribed to/)
    })
  })

  it('are reset, forget offsets and are deleted once their members have left', async () => {
    await Promise.all(members.splice(0).map((member) => member.end('leaves')))
    const committed = async () =>
      tableRows(await groups('--describe', '--group', group))
        .filter(([name]) => name === group)
        .map((row) => `${row[2]} at ${row[3]}`)
        .sort()
    await groups(
      '--reset-offsets',
      '--group',
      group,
      '--topic',
      topic,
      '--to-offset',
      '4',
      '--execute',
    )
    expect(await committed()).toEqual(['0 at 4', '1 at 4'])
    await groups('--delete-offsets', '--group', group, '--topic', `${topic}:1`)
    expect(await committed()).toEqual(['0 at 4'])
    await groups('--delete', '--group', group)
    expect(lines(await groups('--list')).join('\n')).not.toContain(group)
  })
})
