// The Raft service as gRPC serves it: streams of messages go to the transport; here are the
// questions of nodes that have yet to become part of a quorum.

import type { DescribeResponseInit, RaftHandlers } from '@samsa/proto/grpc/gen/raft'
import { status as statusCode } from '@samsa/proto/grpc/status-codes'
import { nodeIdOf, type VoterId } from '@samsa/raft/core/types'
import type { Address } from '@samsa/raft/grpc/address-book'

export interface Newcomer {
  readonly voter: VoterId
  readonly address: Address
  /** Empty where it does not know. */
  readonly clusterId: string
  readonly isObserver: boolean
}

export interface QuorumMember {
  /** Null before it is known whether this node has a log. */
  describe(): DescribeResponseInit | null
  /** Resolves when that voter is one, or an observer if it wants no more. */
  letIn(newcomer: Newcomer): Promise<void>
}

const voterPattern = /^\d{1,10}@[\w-]{1,64}$/

/** A type, since handlers need an index signature. */
export type QuorumService = RaftHandlers

export function quorumService(
  member: QuorumMember,
  exchange: RaftHandlers['exchange'],
  isNode: (call: { getPeer(): string }, nodeId: number) => boolean,
): QuorumService {
  return {
    exchange,
    describe: (_, answer) => {
      const description = member.describe()
      if (description !== null) return answer(null, description)
      answer({ code: statusCode.UNAVAILABLE, details: 'the node is starting' })
    },
    join: (call, answer) => {
      const { voter, host, port, clusterId, observer: isObserver } = call.request
      if (!voterPattern.test(voter) || host === '' || port === 0) {
        answer({ code: statusCode.INVALID_ARGUMENT, details: `${voter} is no voter's id` })
        return
      }
      if (!isNode(call, nodeIdOf(voter as VoterId))) {
        const details = `your certificate is not ${voter}'s`
        answer({ code: statusCode.PERMISSION_DENIED, details })
        return
      }
      const address = { host, port }
      member.letIn({ voter: voter as VoterId, address, clusterId, isObserver }).then(
        () => answer(null, {}),
        (error: Error) => answer({ code: statusCode.FAILED_PRECONDITION, details: error.message }),
      )
    },
  }
}
