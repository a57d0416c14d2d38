// A leader that is cut off from the controller may have been replaced: it does not tell a client
// that has read what its successor wrote to begin again.

import { errorByCode } from '@samsa/proto/kafka/errors'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fetch } from '../../../../broker/handlers/fetch.ts'
import type { RequestContext } from '../../../../broker/handlers/handler.ts'
import { offsetForLeaderEpoch } from '../../../../broker/handlers/offset-for-leader-epoch.ts'
import type { Services } from '../../../../broker/services.ts'
import { systemClock, systemTimers } from '../../../../broker/system-time.ts'
import { batchOf } from '../../../support/disk/log-fixture.ts'
import {
  type ReplicaCluster,
  startReplicaCluster,
  type TestBroker,
  topicId,
  topicName,
  until,
} from '../../../support/replica/replica-cluster.ts'

let cluster: ReplicaCluster
let broker: TestBroker

beforeEach(async () => {
  cluster = await startReplicaCluster(1)
  broker = cluster.broker(1)
  await until('the broker leads', () => broker.partition.leading !== null)
  const append = broker.leading.append(batchOf(['a', 'b', 'c']), 'client')
  await append.written
})
afterEach(() => cluster.close())

function services(): Services {
  const used: Partial<Services> = {
    nodeId: 1,
    config: () => ({ fetchMaxBytes: 1000, replicaSelectorClass: '' }) as never,
    metadata: () => broker.image,
    replicas: broker.replicas,
    quotas: { enforced: false } as never,
    metrics: { onFetched: () => {} } as never,
    clock: systemClock,
    timers: systemTimers,
  }
  return used as Services
}

async function fetchError(fetchOffset: number, lastFetchedEpoch = -1): Promise<string> {
  const asked = {
    partition: 0,
    currentLeaderEpoch: -1,
    fetchOffset,
    lastFetchedEpoch,
    logStartOffset: -1,
    partitionMaxBytes: 1000,
    replicaDirectoryId: '',
    highWatermark: 0n,
  }
  const request = {
    clusterId: null,
    replicaId: -1,
    replicaState: { replicaId: -1, replicaEpoch: -1 },
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1000,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ topic: topicName, topicId, partitions: [asked] }],
    forgottenTopicsData: [],
    rackId: '',
  }
  const context: Partial<RequestContext> = {
    apiVersion: 13,
    listener: 'PLAINTEXT',
    signal: new AbortController().signal,
    allocate: (sizeBytes) => Buffer.allocUnsafe(sizeBytes),
  }
  const response = await fetch(request, services(), context as RequestContext)
  const [row] = [...(response?.responses ?? [])][0]?.partitions ?? []
  return errorByCode(row?.errorCode ?? -1).name
}

async function endOf(leaderEpoch: number) {
  const partitions = [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch }]
  const request = { replicaId: -1, topics: [{ topic: topicName, partitions }] }
  const response = await offsetForLeaderEpoch(request, services(), {} as RequestContext)
  const [row] = [...(response?.topics ?? [])][0]?.partitions ?? []
  return { error: errorByCode(row?.errorCode ?? -1).name, endOffset: row?.endOffset }
}

describe('a leader', () => {
  it('says what is out of its range', async () => {
    expect(await fetchError(3)).toBe('NONE')
    expect(await fetchError(4)).toBe('OFFSET_OUT_OF_RANGE')
    expect(await fetchError(3, 7)).toBe('OFFSET_OUT_OF_RANGE')
    expect(await endOf(7)).toEqual({ error: 'NONE', endOffset: -1 })
  })

  it('says that it may not lead while it is cut off, of what only a successor knows', async () => {
    broker.inContact = false
    expect(await fetchError(3)).toBe('NONE')
    expect(await fetchError(4)).toBe('NOT_LEADER_OR_FOLLOWER')
    expect(await fetchError(3, 7)).toBe('NOT_LEADER_OR_FOLLOWER')
    expect((await endOf(7)).error).toBe('NOT_LEADER_OR_FOLLOWER')
    expect(await endOf(0)).toEqual({ error: 'NONE', endOffset: 3 })
  })
})
