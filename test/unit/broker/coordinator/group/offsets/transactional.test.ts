// TxnOffsetCommit and the markers of transactions: offsets count once their transaction is
// committed, and nobody goes on from before them while it may be (KIP-98, KIP-447).

import { errorByCode } from '@samsa/proto/kafka/errors'
import { describe, expect, it } from 'vitest'
import type {
  FetchedOffsets,
  TxnOffsetCommitResponse,
} from '../../../../../../broker/coordinator/group/messages.ts'
import { GroupDriver } from '../../../../../support/group-driver.ts'

const producer = { producerId: 7, producerEpoch: 1 }

function commit(driver: GroupDriver, offset: number): number {
  const token = driver.newToken()
  const partitions = [
    {
      partitionIndex: 0,
      committedOffset: offset,
      committedLeaderEpoch: -1,
      committedMetadata: '',
    },
  ]
  return driver.ask('a', {
    type: 'commitTransactional',
    groupId: 'g',
    token,
    guard: null,
    topicIds: new Map(),
    request: {
      ...producer,
      transactionalId: 'tx',
      groupId: 'g',
      generationId: -1,
      memberId: '',
      groupInstanceId: null,
      topics: [{ name: 't', partitions }],
    },
  })
}

function end(driver: GroupDriver, isCommit: boolean): number {
  return driver.ask('coordinator', {
    type: 'endTransaction',
    groupId: '',
    token: driver.newToken(),
    marker: {
      ...producer,
      type: 'marker',
      coordinatorEpoch: 0,
      isCommit,
      transactionVersion: 2,
    },
  })
}

/** What a member that takes the partition over is told. */
function stable(driver: GroupDriver): number | string {
  const token = driver.fetch({ requireStable: true, partitions: ['t-0'] })
  const fetched = driver.responses.get(token) as FetchedOffsets
  const row = fetched.topics[0]?.partitions[0]
  return row?.errorCode === 0 ? row.committedOffset : errorByCode(row?.errorCode ?? -1).name
}

function answerTo(driver: GroupDriver, token: number): string {
  const answer = driver.responses.get(token) as TxnOffsetCommitResponse
  return errorByCode(answer.topics[0]?.partitions[0]?.errorCode ?? -1).name
}

describe('an offset of a transaction', () => {
  it('counts once the transaction is committed, and is unstable until then', () => {
    const driver = new GroupDriver()
    driver.commit('a', { 't-0': 5 })
    expect(answerTo(driver, commit(driver, 9))).toBe('NONE')
    expect(driver.committed(['t-0'])).toEqual(['t-0=5'])
    expect(stable(driver)).toBe('UNSTABLE_OFFSET_COMMIT')
    end(driver, true)
    expect(stable(driver)).toBe(9)
  })

  it('never counts where the transaction is aborted', () => {
    const driver = new GroupDriver()
    driver.commit('a', { 't-0': 5 })
    commit(driver, 9)
    end(driver, false)
    expect(stable(driver)).toBe(5)
  })

  it('is unstable while it is being written: the commit that follows may be quicker', () => {
    const driver = new GroupDriver()
    driver.commit('a', { 't-0': 5 })
    driver.holdWrites = true
    const committing = commit(driver, 9)
    expect(stable(driver)).toBe('UNSTABLE_OFFSET_COMMIT')
    driver.endWrite()
    expect(answerTo(driver, committing)).toBe('NONE')
    expect(stable(driver)).toBe('UNSTABLE_OFFSET_COMMIT')
    end(driver, true)
    expect(stable(driver)).toBe('UNSTABLE_OFFSET_COMMIT')
    driver.endWrite()
    expect(stable(driver)).toBe(9)
  })

  it('is as if it had not been where it could not be written', () => {
    const driver = new GroupDriver()
    driver.commit('a', { 't-0': 5 })
    driver.holdWrites = true
    const committing = commit(driver, 9)
    driver.endWrite('NOT_ENOUGH_REPLICAS')
    expect(answerTo(driver, committing)).toBe('COORDINATOR_NOT_AVAILABLE')
    expect(stable(driver)).toBe(5)
  })
})
