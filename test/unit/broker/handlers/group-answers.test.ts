// Our handlers and coordinator against what Apache Kafka 4.3.1 answered to the same requests. The
// vectors were recorded by playing the scenario against it (test/support/groups/record.ts).

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { brokerPort } from '../../../support/admin/local-node.ts'
import { startLocalGroups } from '../../../support/groups/local-groups.ts'
import { type GroupAnswer, playGroups } from '../../../support/groups/player.ts'
import { groupScenario, scenarioSettings } from '../../../support/groups/scenario.ts'
import { settle } from '../../../support/memory-partition-writer.ts'

const vectors = new URL('../../../support/groups/vectors/kafka-4.3.1.json', import.meta.url)
const recorded = JSON.parse(readFileSync(vectors, 'utf8')) as GroupAnswer[]

const node = await startLocalGroups(scenarioSettings)
const context = { clientHost: '127.0.0.1', signal: new AbortController().signal }
const answers = await playGroups(
  (client, api, version, request) =>
    node.ask(api, version, request, { ...context, clientId: client }),
  {
    brokerPort,
    settle: async () => {
      await settle()
      node.time.advance(0)
      await settle()
    },
  },
)
node.groups.close()
await node.close()

/** Where ours are not Kafka's, on purpose: what of an answer is not compared, or is ours. */
const differences: Readonly<Record<string, (answer: Answer) => void>> = {
  // The sentences of the error table are our own.
  'findCoordinator an unknown type, one key': (answer) => {
    delete answer.errorMessage
  },
  'findCoordinator an unknown type': ({ coordinators }) => {
    for (const coordinator of coordinators ?? []) delete coordinator.errorMessage
  },
  'findCoordinator a share group in an old version': ({ coordinators }) => {
    for (const coordinator of coordinators ?? []) delete coordinator.errorMessage
  },
  // Which of those left leads is not said anywhere; Kafka takes the first of a hash map.
  'joinGroup a second': withoutLeadership,
  'joinGroup a third, while the first has not rejoined': withoutLeadership,
  // A group that nobody ever was in, and of which nothing is stored, is not kept.
  'listGroups with members': withoutVoidGroups,
  'listGroups oldest': withoutVoidGroups,
  'listGroups empty ones': withoutVoidGroups,
  'listGroups classic ones': withoutVoidGroups,
}

interface Answer {
  errorMessage?: string
  coordinators?: { errorMessage?: string }[]
  leader?: string
  members?: unknown
  groups?: { groupId: string }[]
}

function withoutLeadership(answer: Answer): void {
  delete answer.leader
  delete answer.members
}

function withoutVoidGroups(answer: Answer): void {
  answer.groups = (answer.groups ?? []).filter(({ groupId }) => !groupId.startsWith('no-'))
}

function compared(name: string, answer: unknown): unknown {
  const copy = structuredClone(answer) as Answer
  differences[name]?.(copy)
  return copy
}

describe('answers about groups', () => {
  it('are recorded for the scenario as it is', () => {
    const steps = recorded.map(({ title, client, api, version, request }) => {
      return { title, client, api, version, request }
    })
    expect(steps).toEqual(JSON.parse(JSON.stringify(groupScenario)))
  })

  it('have differences from Kafka only in steps that there are', () => {
    const names = groupScenario.map(({ api, title }) => `${api} ${title}`)
    expect(names).toEqual(expect.arrayContaining(Object.keys(differences)))
  })

  for (const [index, { title, api, version, answer }] of recorded.entries()) {
    if (api === 'createTopics' || api === 'deleteTopics') continue
    it(`${api} ${version}: ${title}`, () => {
      const name = `${api} ${title}`
      expect(compared(name, answers[index]?.answer)).toEqual(compared(name, answer))
    })
  }
})
