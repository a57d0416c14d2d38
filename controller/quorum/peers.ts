// Asks other controllers who they are, and the leader to be let in. One short-lived connection a
// question: it happens when a quorum is founded or joined, not later.

import { callUnary } from '@samsa/proto/grpc/calls'
import type { NodeCredentials } from '@samsa/proto/grpc/credentials'
import { type DescribeResponse, type JoinRequestInit, Raft } from '@samsa/proto/grpc/gen/raft'
import { grpcJs } from '@samsa/proto/grpc/grpc-js'
import { channelOptions } from '@samsa/proto/grpc/options'
import type { Method } from '@samsa/proto/grpc/service'
import { status } from '@samsa/proto/grpc/status-codes'
import type { Address } from '@samsa/raft/grpc/address-book'

const describeWithinMs = 1_000
/** A newcomer must get the whole log meanwhile. */
const joinWithinMs = 35_000

export class Peers {
  readonly #credentials: NodeCredentials

  constructor(credentials: NodeCredentials) {
    this.#credentials = credentials
  }

  /** Null when it does not answer. */
  async describe(address: Address, signal: AbortSignal): Promise<DescribeResponse | null> {
    try {
      return await this.#call(address, Raft.describe, {}, { timeoutMs: describeWithinMs, signal })
    } catch {
      // It is asked again; what is wrong with it is its own affair.
      return null
    }
  }

  /** Why it was not let in; null when it was. */
  async join(
    leader: Address,
    request: JoinRequestInit,
    signal: AbortSignal,
  ): Promise<string | null> {
    try {
      await this.#call(leader, Raft.join, request, { timeoutMs: joinWithinMs, signal })
      return null
    } catch (error) {
      const { code, details } = error as { readonly code: number; readonly details: string }
      return code === status.FAILED_PRECONDITION ? details : `the leader: ${details}`
    }
  }

  async #call<RequestInit, Request, ResponseInit, Response>(
    { host, port }: Address,
    method: Method<RequestInit, Request, ResponseInit, Response>,
    request: RequestInit,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<Response> {
    const target = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    const client = new (grpcJs().Client)(target, this.#credentials(null), channelOptions)
    try {
      return await callUnary(client, method, request, options)
    } finally {
      client.close()
    }
  }
}
