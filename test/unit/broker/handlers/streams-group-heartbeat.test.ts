// StreamsGroupHeartbeat before the coordinator is asked: topics that no application may have.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Subtopology } from '../../../../broker/coordinator/group/streams/topology.ts'
import { type LocalGroups, startLocalGroups } from '../../../support/groups/local-groups.ts'
import { internalTopic } from '../../../support/streams-member.ts'

const subtopology: Subtopology = {
  subtopologyId: '0',
  sourceTopics: ['words'],
  sourceTopicRegex: [],
  stateChangelogTopics: [],
  repartitionSinkTopics: [],
  repartitionSourceTopics: [],
  copartitionGroups: [],
}

let node: LocalGroups
beforeEach(async () => {
  node = await startLocalGroups([])
})
afterEach(async () => {
  node.groups.close()
  await node.close()
})

function join(...subtopologies: readonly Partial<Subtopology>[]): Promise<unknown> {
  return beat({
    memberEpoch: 0,
    topology: {
      epoch: 1,
      subtopologies: subtopologies.map((one, index) => ({
        ...subtopology,
        subtopologyId: String(index),
        ...one,
      })),
    },
  })
}

function beat(request: object): Promise<unknown> {
  return node.ask('streamsGroupHeartbeat', 0, {
    groupId: 'g',
    memberId: 'm',
    endpointInformationEpoch: 0,
    rebalanceTimeoutMs: 10_000,
    processId: 'process',
    activeTasks: [],
    standbyTasks: [],
    warmupTasks: [],
    ...request,
  })
}

const refused = (errorMessage: string) => ({
  errorCode: errorCodes.STREAMS_INVALID_TOPOLOGY,
  errorMessage,
  memberId: '',
  memberEpoch: 0,
})
const prohibited = (names: string) =>
  refused(`Use of Kafka internal topics ${names} in a Kafka Streams topology is prohibited.`)
const invalid = (names: string) => refused(`Topic names ${names} are not valid topic names.`)
/** What all others come to here, where nobody keeps the group. */
const asked = { errorCode: errorCodes.NOT_COORDINATOR }

it.each([
  ['reads', { sourceTopics: ['__consumer_offsets'] }, '__consumer_offsets'],
  ['writes', { repartitionSinkTopics: ['__transaction_state'] }, '__transaction_state'],
  [
    'takes for its repartition topic',
    { repartitionSourceTopics: [internalTopic('__share_group_state', {})] },
    '__share_group_state',
  ],
  [
    'takes for its changelog',
    { stateChangelogTopics: [internalTopic('__consumer_offsets', {})] },
    '__consumer_offsets',
  ],
] satisfies [string, Partial<Subtopology>, string][])(
  'refuses a topology that %s a topic of the cluster',
  async (_, wrong, name) => {
    expect(await join(subtopology, wrong)).toMatchObject(prohibited(name))
  },
)

it('names each of them once, and before names that are not valid', async () => {
  const names = ['__consumer_offsets', 'words', 'a b', '__transaction_state']
  expect(
    await join({ sourceTopics: names, repartitionSinkTopics: ['__consumer_offsets'] }),
  ).toMatchObject(prohibited('__consumer_offsets,__transaction_state'))
})

it('refuses names that no topic may have, wherever they are', async () => {
  expect(
    await join(
      { sourceTopics: ['words', 'a b'], repartitionSinkTopics: ['..'] },
      {
        repartitionSourceTopics: [internalTopic('..', {})],
        stateChangelogTopics: [internalTopic('x'.repeat(250), {})],
      },
    ),
  ).toMatchObject(invalid(`a b,..,${'x'.repeat(250)}`))
})

it('judges names before anything else that is wrong with the request', async () => {
  const topology = { epoch: 1, subtopologies: [{ ...subtopology, sourceTopics: ['a b'] }] }
  expect(await beat({ memberId: '', memberEpoch: 5, topology })).toMatchObject(invalid('a b'))
})

it('lets names pass that only look alike, and beats without a topology', async () => {
  const alike = ['__consumer_offsets-app', '_transaction_state', 'words.v1-2']
  expect(await join({ sourceTopics: alike })).toMatchObject(asked)
  expect(await beat({ memberEpoch: 5, topology: null })).toMatchObject(asked)
})
