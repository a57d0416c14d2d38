// Changes of ISRs on their way to the controller: many a request, one request at a time.

import { IsrChanges } from '@samsa/broker/replica/isr-changes'
import type { AlterPartition, AlterPartitionResult } from '@samsa/controller/requests'
import { expect, it } from 'vitest'
import { RecordedEvents, topicId } from '../../../support/disk/log-fixture.ts'

const proposal = {
  leaderEpoch: 3,
  partitionEpoch: 7,
  newIsr: [{ brokerId: 1, brokerEpoch: 101 }],
}

function changes() {
  const requests: AlterPartition[] = []
  const answers: PromiseWithResolvers<AlterPartitionResult[]>[] = []
  const told: string[] = []
  const isr = new IsrChanges({
    nodeId: 1,
    brokerEpoch: () => 101,
    alterPartition: (request) => {
      requests.push(request)
      const answer = Promise.withResolvers<AlterPartitionResult[]>()
      answers.push(answer)
      return answer.promise
    },
    events: new RecordedEvents(),
  })
  const ask = (partitionIndex: number) => {
    const onAnswer = (error: string) => told.push(`${partitionIndex} ${error}`)
    isr.ask({ topicId, partitionIndex, proposal, onAnswer })
  }
  const turn = () => new Promise(setImmediate)
  return { requests, answers, told, ask, turn }
}

const result = (partitionIndex: number, error: AlterPartitionResult['error']) => {
  return { topicId, partitionIndex, error, message: null }
}

it('changes of one turn go together, later ones wait for the answer', async () => {
  const { requests, answers, told, ask, turn } = changes()
  ask(0)
  ask(1)
  await turn()
  ask(2)
  await turn()
  expect(requests).toHaveLength(1)
  expect(requests[0]?.partitions).toEqual([
    { topicId, partitionIndex: 0, ...proposal, recovering: false },
    { topicId, partitionIndex: 1, ...proposal, recovering: false },
  ])
  answers[0]?.resolve([result(0, 'NONE'), result(1, 'INELIGIBLE_REPLICA')])
  await turn()
  expect(told).toEqual(['0 NONE', '1 INELIGIBLE_REPLICA'])
  expect(requests[1]?.partitions.map(({ partitionIndex }) => partitionIndex)).toEqual([2])
})

it('a request that fails leaves its outcome open, and the next goes on', async () => {
  const { requests, answers, told, ask, turn } = changes()
  ask(0)
  await turn()
  answers[0]?.reject(new Error('the controller is gone'))
  await turn()
  expect(told).toEqual(['0 UNKNOWN_SERVER_ERROR'])
  ask(1)
  await turn()
  answers[1]?.resolve([])
  await turn()
  expect(requests).toHaveLength(2)
  expect(told).toEqual(['0 UNKNOWN_SERVER_ERROR', '1 UNKNOWN_SERVER_ERROR'])
})
