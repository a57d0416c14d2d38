// Writes of coordinators while leadership changes.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { describe, expect, it } from 'vitest'
import { InternalTopic } from '../../../../broker/replica/internal-topic.ts'
import type { Leading } from '../../../../broker/replica/leading.ts'
import type { ReplicaManager } from '../../../../broker/replica/replica-manager.ts'

const record = { key: Buffer.from('k'), value: Buffer.from('v') }

/** A partition whose next leadership begins while somebody waits to append. */
function beginning(leaderEpoch: number) {
  const appended: Buffer[] = []
  const { promise, resolve } = Promise.withResolvers<Leading>()
  const append = { lastOffset: 3, written: Promise.resolve() }
  const leading = {
    leaderEpoch,
    isUnderMinIsr: false,
    append: (batch: Buffer) => {
      appended.push(batch)
      return append
    },
    committed: () => null,
  }
  const replicas = { leader: () => ({ lead: () => promise }) } as unknown as ReplicaManager
  const topic = new InternalTopic(
    () => undefined,
    () => replicas,
  )
  return { topic, appended, begin: () => resolve(leading as unknown as Leading) }
}

describe('a write of a coordinator', () => {
  it('that was decided in the leadership before is not made in the next one', async () => {
    const { topic, appended, begin } = beginning(6)
    const append = topic.append(0, [record], { timestampMs: 0, leaderEpoch: 5 })
    begin()
    await expect(append).rejects.toMatchObject({ kafkaError: 'NOT_LEADER_OR_FOLLOWER' })
    expect(appended).toEqual([])
  })

  it('is made in the leadership that it was decided in, and in any where it says none', async () => {
    const { topic, appended, begin } = beginning(6)
    begin()
    expect(await topic.append(0, [record], { timestampMs: 0, leaderEpoch: 6 })).toBe(3)
    expect(await topic.append(0, [record], { timestampMs: 0 })).toBe(3)
    expect(appended).toHaveLength(2)
  })
})

describe('what a coordinator reads', () => {
  it('is all that is in the log, once that is committed', async () => {
    const { promise, resolve } = Promise.withResolvers<KafkaErrorName | null>()
    const asked: number[] = []
    const leading = {
      whenCaughtUp: () => Promise.resolve(null),
      log: { logStartOffset: 0, logEndOffset: 5, highWatermark: 0 },
      committed: ({ lastOffset }: { lastOffset: number }) => {
        asked.push(lastOffset)
        return promise
      },
    } as unknown as Leading
    const replicas = { leader: () => ({ lead: () => leading }) } as unknown as ReplicaManager
    const topic = new InternalTopic(
      () => undefined,
      () => replicas,
    )
    const reading = topic.readAll(0, { onRecord: () => {} }, new AbortController().signal)
    await new Promise((done) => setImmediate(done))
    expect(asked).toEqual([4])
    resolve('NOT_LEADER_OR_FOLLOWER')
    await expect(reading).rejects.toMatchObject({ kafkaError: 'NOT_LEADER_OR_FOLLOWER' })
  })
})
