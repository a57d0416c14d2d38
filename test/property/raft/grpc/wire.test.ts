// Every message of the core comes out of its bytes as it went in, and no bytes whatever make a
// message that the core would choke on.

import { PeerMessage } from '@samsa/proto/grpc/gen/raft'
import type { Message } from '@samsa/raft/core/messages'
import type { Configuration, Entry, VoterId } from '@samsa/raft/core/types'
import { fromWire, toWire } from '@samsa/raft/grpc/wire'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const number = fc.oneof(
  fc.nat({ max: 200 }),
  fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  fc.constant(Number.MAX_SAFE_INTEGER),
)
const checksum = fc.nat({ max: 4_294_967_295 })
const bytes = fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each))
const ids = fc.array(fc.string({ maxLength: 30 }).map((id) => id as VoterId))
const configuration: fc.Arbitrary<Configuration> = fc.record({
  voters: ids,
  outgoing: ids,
  learners: ids,
})

type Content =
  | { readonly type: 'noop' }
  | { readonly type: 'data'; readonly data: Buffer }
  | { readonly type: 'configuration'; readonly configuration: Configuration }

const content: fc.Arbitrary<Content> = fc.oneof(
  fc.constant({ type: 'noop' as const }),
  fc.record({ type: fc.constant('data' as const), data: bytes }),
  fc.record({ type: fc.constant('configuration' as const), configuration }),
)

const append = fc
  .record({
    term: number,
    previousIndex: fc.nat(),
    previousTerm: number,
    commit: number,
    contents: fc.array(fc.record({ term: number, content }), { maxLength: 10 }),
  })
  .map(({ contents, ...rest }): Message => {
    const entries = contents.map(
      ({ term, content }, at): Entry => ({ index: rest.previousIndex + 1 + at, term, ...content }),
    )
    return { type: 'append', ...rest, entries }
  })

function plain(type: Message['type'], fields: Record<string, fc.Arbitrary<unknown>>) {
  return fc.record({ type: fc.constant(type), term: number, ...fields }) as fc.Arbitrary<Message>
}

const message: fc.Arbitrary<Message> = fc.oneof(
  append,
  plain('requestVote', {
    lastIndex: number,
    lastTerm: number,
    preVote: fc.boolean(),
    transfer: fc.boolean(),
  }),
  plain('vote', { preVote: fc.boolean(), granted: fc.boolean() }),
  plain('appended', { matchIndex: number }),
  plain('appendRejected', { rejectedIndex: number, hintIndex: number, hintTerm: number }),
  plain('heartbeat', { commit: number, round: number }),
  plain('heartbeatAck', { round: number }),
  plain('snapshotProgress', { index: number, receivedBytes: number }),
  plain('timeoutNow', {}),
  plain('laterTerm', {}),
  plain('snapshotChunk', {
    snapshot: fc.record({
      index: number,
      term: number,
      sizeBytes: number,
      checksum,
      configuration,
    }),
    position: number,
    bytes,
    checksum,
  }),
)

function decode(encoded: Uint8Array): Message | null {
  return fromWire(PeerMessage.decode(encoded))
}

describe('a message of a voter', () => {
  it('comes out of its bytes as it went in', () => {
    fc.assert(
      fc.property(message, (each) => {
        expect(decode(PeerMessage.encode(toWire(each)).finish())).toEqual(each)
      }),
      { numRuns: 2_000 },
    )
  })

  it('is complete, whatever bytes came', () => {
    fc.assert(
      fc.property(message, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 }))), (each, changes) => {
        const encoded = Buffer.from(PeerMessage.encode(toWire(each)).finish())
        for (const [at, value] of changes) {
          if (encoded.length > 0) encoded[at % encoded.length] = value
        }
        let decoded: Message | null = null
        try {
          decoded = decode(encoded)
        } catch {
          // The stream ends with an error.
        }
        for (const value of Object.values(decoded ?? {})) expect(value).not.toBeUndefined()
        for (const value of Object.values(decoded ?? {})) {
          if (typeof value === 'number') expect(Number.isSafeInteger(value)).toBe(true)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('is none when it says nothing, or has an entry that says nothing', () => {
    expect(decode(Buffer.alloc(0))).toBeNull()
    const nothing = PeerMessage.encode({ append: { term: 1, entries: [{ term: 1 }] } })
    expect(decode(nothing.finish())).toBeNull()
    const hello = PeerMessage.encode({ hello: { from: '1@a' } })
    expect(decode(hello.finish())).toBeNull()
  })
})
