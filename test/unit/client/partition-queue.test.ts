// What the producer does for one partition when appends fail: what is sent again, under which
// numbers, and when it gives up.

import { SamsaError } from '@samsa/client/errors'
import { PartitionQueue, type QueueOptions } from '@samsa/client/partition-queue'
import { baseSequence, producerId } from '@samsa/proto/record/batch'
import { decodeRecords } from '@samsa/proto/record/records'
import { describe, expect, it } from 'vitest'

interface Sent {
  readonly producerId: number
  readonly sequence: number
  readonly values: (string | undefined)[]
}

/** `answers`: of each append, in order; afterwards all succeed. */
function queueOf(answers: (SamsaError | null)[], options: Partial<QueueOptions> = {}) {
  const sent: Sent[] = []
  let ids = 100
  let released = 0
  const queue = new PartitionQueue({
    topic: 't',
    partition: 0,
    batchBytes: 1000,
    lingerMs: 0,
    compression: 'none',
    deliveryTimeoutMs: 5_000,
    requestTimeoutMs: 1_000,
    signal: new AbortController().signal,
    append: async (batch) => {
      const values = [...decodeRecords(batch)].map(({ value }) => value?.toString())
      sent.push({ producerId: producerId(batch, 0), sequence: baseSequence(batch, 0), values })
      const answer = answers.shift() ?? null
      if (answer !== null) throw answer
      return { baseOffset: sent.length * 10, logAppendTimeMs: -1, logStartOffset: 0 }
    },
    learn: () => false,
    newIdentity: async () => ({ producerId: ids++, producerEpoch: 0 }),
    release: (bytes) => {
      released += bytes
    },
    ...options,
  })
  const add = (value: string) =>
    queue.add({ key: null, value: Buffer.from(value), headers: [], timestampMs: 1 }, 100)
  return { queue, add, sent, released: () => released }
}

const failure = (code: string, options = {}) => new SamsaError(code, 'as the test has it', options)
const lost = failure('NETWORK_EXCEPTION', { retriable: true, isAmbiguous: true })

describe("a partition's queue", () => {
  it('gathers what is sent in one turn, and numbers it on', async () => {
    const { add, sent } = queueOf([])
    expect(await Promise.all([add('a'), add('b')])).toEqual([10, 11])
    expect(await add('c')).toBe(20)
    expect(sent).toEqual([
      { producerId: 100, sequence: 0, values: ['a', 'b'] },
      { producerId: 100, sequence: 2, values: ['c'] },
    ])
  })

  it('sends the same again, under the same numbers, when an answer is lost', async () => {
    const { add, sent } = queueOf([lost, lost])
    await add('a')
    expect(sent).toHaveLength(3)
    expect(new Set(sent.map(({ sequence }) => sequence))).toEqual(new Set([0]))
    expect(new Set(sent.map((one) => one.producerId))).toEqual(new Set([100]))
  })

  it('keeps the order behind a batch that is tried again', async () => {
    const { add, sent } = queueOf([lost])
    await Promise.all(Array.from({ length: 30 }, (_, index) => add(String(index))))
    const acknowledged = sent.slice(1).flatMap(({ values }) => values)
    expect(acknowledged).toEqual(Array.from({ length: 30 }, (_, index) => String(index)))
  })

  it('rejects what is refused, and goes on with its numbers', async () => {
    const { add, sent, released } = queueOf([failure('MESSAGE_TOO_LARGE')])
    await expect(add('a')).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE', isAmbiguous: false })
    await add('b')
    expect(sent.map(({ sequence }) => sequence)).toEqual([0, 0])
    expect(released()).toBe(200)
  })

  it('begins anew under another id where it is not known whether the numbers are used', async () => {
    const { add, sent } = queueOf([lost], { deliveryTimeoutMs: 0 })
    await expect(add('a')).rejects.toMatchObject({ isAmbiguous: true })
    await add('b')
    expect(sent.map((one) => one.producerId)).toEqual([100, 101])
  })

  it('takes a new id where the log has forgotten the old one', async () => {
    const { add, sent } = queueOf([null, failure('UNKNOWN_PRODUCER_ID')])
    await add('a')
    await add('b')
    expect(sent).toEqual([
      { producerId: 100, sequence: 0, values: ['a'] },
      { producerId: 100, sequence: 1, values: ['b'] },
      { producerId: 101, sequence: 0, values: ['b'] },
    ])
  })

  it('does not send under a new id what may be in the log under the old one', async () => {
    const gap = failure('OUT_OF_ORDER_SEQUENCE_NUMBER')
    const { add, sent } = queueOf([lost, gap])
    await expect(add('a')).rejects.toMatchObject({ isAmbiguous: true })
    expect(sent).toHaveLength(2)
  })

  it('tries a new leader at once', async () => {
    const moved = failure('NOT_LEADER_OR_FOLLOWER', { retriable: true })
    let learnt = 0
    const { add, sent } = queueOf([moved], { learn: () => ++learnt === 1 })
    await add('a')
    expect([sent.length, learnt]).toEqual([2, 1])
  })

  it('flushes what is waiting', async () => {
    const { queue, add, sent } = queueOf([], { lingerMs: 60_000 })
    const added = add('a')
    await queue.flush()
    expect(sent).toHaveLength(1)
    expect(await added).toBe(10)
  })
})
