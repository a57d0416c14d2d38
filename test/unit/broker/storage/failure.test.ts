// How what goes wrong is told over gRPC.

import { status } from '@grpc/grpc-js'
import { BrokerError } from '@samsa/broker/errors'
import { failureOf, StorageError, statusOf } from '@samsa/broker/storage/failure'
import { Status } from '@samsa/proto/grpc/gen/status'
import { Failure } from '@samsa/proto/grpc/gen/storage'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { describe, expect, it } from 'vitest'

describe('failures', () => {
  it("carry Kafka's name, number and whether to try again", () => {
    expect(failureOf(new BrokerError('NOT_ENOUGH_REPLICAS', 'one of two'))).toMatchObject({
      name: 'NOT_ENOUGH_REPLICAS',
      code: errorCodes.NOT_ENOUGH_REPLICAS,
      message: 'one of two',
      retriable: true,
    })
  })

  it('say nothing of what a bug said', () => {
    const { name, message } = failureOf(new TypeError('secret of undefined'))
    expect(name).toBe('UNKNOWN_SERVER_ERROR')
    expect(message).not.toContain('secret')
  })

  it('travel in the status details, with the leader', () => {
    const leader = { nodeId: 3, leaderEpoch: 9, host: 'b3', port: 19_092 }
    const error = new StorageError('NOT_LEADER_OR_FOLLOWER', 'not here', { context: { leader } })
    const { code, metadata, details } = statusOf(error)
    expect(code).toBe(status.FAILED_PRECONDITION)
    expect(details).toBe('NOT_LEADER_OR_FOLLOWER: not here')
    const [encoded] = metadata.get('grpc-status-details-bin')
    const [detail] = Status.decode(encoded as Buffer).details
    expect(detail?.typeUrl).toBe('type.googleapis.com/samsa.storage.v1.Failure')
    const decoded = Failure.decode(detail?.value ?? Buffer.alloc(0))
    expect(decoded.leader).toMatchObject(leader)
    expect(decoded.retriable).toBe(true)
  })

  it.each([
    ['UNKNOWN_TOPIC_OR_PARTITION', status.NOT_FOUND],
    ['OFFSET_OUT_OF_RANGE', status.OUT_OF_RANGE],
    ['REQUEST_TIMED_OUT', status.DEADLINE_EXCEEDED],
    ['KAFKA_STORAGE_ERROR', status.UNAVAILABLE],
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', status.FAILED_PRECONDITION],
    ['CORRUPT_MESSAGE', status.INVALID_ARGUMENT],
    ['UNKNOWN_SERVER_ERROR', status.INTERNAL],
  ] as const)('%s is status %i', (name, code) => {
    expect(statusOf(new BrokerError(name, '')).code).toBe(code)
  })
})
