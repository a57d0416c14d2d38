// One member of a classic group: what it asked for, what it was given, and which of its requests
// wait for an answer. Plain data; only ClassicGroup changes the parts that the group counts.

import type { JoinGroupResponse, SyncGroupResponse } from '../messages.ts'
import type { Token } from '../turn.ts'

export interface MemberProtocol {
  readonly name: string
  readonly metadata: Buffer
}

/** A deadline that is not running. */
export const noDeadline = Number.POSITIVE_INFINITY

export interface ClassicMember {
  readonly memberId: string
  /** group.instance.id of a static member (KIP-345). */
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  protocols: readonly MemberProtocol[]
  assignment: Buffer
  /**
   * Until its first JoinGroup is answered. The client may not know its member id and cannot send
   * heartbeats.
   */
  isNew: boolean
  /**
   * Whether the client was told this member id before it joined (KIP-394), so that it can come back
   * with it.
   */
  readonly knowsItsId: boolean
  awaitingJoin: Token<JoinGroupResponse> | null
  awaitingSync: Token<SyncGroupResponse> | null
  /** Monotonic time at which the member is taken to have died, unless it is heard of before. */
  deadlineMs: number
}

export const noAssignment = Buffer.alloc(0)

export function sameProtocols(a: readonly MemberProtocol[], b: readonly MemberProtocol[]): boolean {
  return (
    a.length === b.length &&
    a.every((protocol, index) => {
      const other = b[index]
      return (
        other !== undefined &&
        protocol.name === other.name &&
        protocol.metadata.equals(other.metadata)
      )
    })
  )
}

export function metadataFor(member: ClassicMember, protocolName: string | null): Buffer {
  return (
    member.protocols.find((protocol) => protocol.name === protocolName)?.metadata ?? noAssignment
  )
}

/** A copy that does not hold on to the request's frame. */
export function keptProtocols(protocols: readonly MemberProtocol[]): readonly MemberProtocol[] {
  return protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }))
}

export function protocolsBytes(protocols: readonly MemberProtocol[]): number {
  let bytes = 0
  for (const { name, metadata } of protocols) bytes += name.length + metadata.length
  return bytes
}
