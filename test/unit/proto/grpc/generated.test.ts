// What is generated from the .proto files: messages with 64-bit integers as checked numbers, bytes
// as views, absent fields as null; services that grpc-js serves and calls.

import { Client, credentials, Server, ServerCredentials, status } from '@grpc/grpc-js'
import { callUnary, openBidiStream } from '@samsa/proto/grpc/calls'
import {
  Append,
  Entry,
  type JoinRequest,
  PeerMessage,
  Raft,
  type RaftHandlers,
} from '@samsa/proto/grpc/gen/raft'
import { channelOptions, serverOptions } from '@samsa/proto/grpc/options'
import { describe, expect, it } from 'vitest'

function encode(message: { finish(): Uint8Array }): Buffer {
  return message.finish() as Buffer
}

describe('a generated message', () => {
  it('keeps integers up to 2^53 - 1 as they are', () => {
    for (const term of [0, 1, 127, 128, 2 ** 31, 2 ** 32, 2 ** 49 - 1, 2 ** 49, 2 ** 53 - 1]) {
      expect(Append.decode(encode(Append.encode({ term }))).term).toBe(term)
    }
  })

  it('fails to be read with an integer past 2^53', () => {
    const past = Buffer.from('088080808080808010', 'hex')
    expect(Append.decode(Buffer.from('08ffffffffffffff0f', 'hex')).term).toBe(2 ** 53 - 1)
    expect(() => Append.decode(past)).toThrow(RangeError)
    expect(() => Append.decode(Buffer.from('08ffffffffffffffffff01', 'hex'))).toThrow(RangeError)
  })

  it('fails to be read when it is cut off', () => {
    const whole = encode(
      Append.encode({ term: 300, entries: [{ term: 1, data: Buffer.from('x') }] }),
    )
    for (const length of [1, 2, 4, whole.length - 1]) {
      expect(() => Append.decode(whole.subarray(0, length))).toThrow()
    }
  })

  it('has views of what it was read from as its bytes', () => {
    const bytes = encode(Entry.encode({ data: Buffer.from('abc') }))
    const { data } = Entry.decode(bytes)
    expect(Buffer.isBuffer(data)).toBe(true)
    expect(data?.buffer).toBe(bytes.buffer)
    expect(String(data)).toBe('abc')
  })

  it('has every field, the absent ones empty or null', () => {
    const append = Append.decode(Buffer.alloc(0))
    expect([append.term, append.previousIndex, append.entries]).toEqual([0, 0, []])
    const entry = Entry.decode(Buffer.alloc(0))
    expect([entry.content, entry.data, entry.noop]).toEqual([undefined, null, null])
  })

  it('tells which of a oneof it has, also when that is empty', () => {
    const empty = Entry.decode(encode(Entry.encode({ data: Buffer.alloc(0) })))
    expect([empty.content, empty.data?.length]).toEqual(['data', 0])
    const message = PeerMessage.decode(encode(PeerMessage.encode({ laterTerm: { term: 7 } })))
    expect(message.kind === 'laterTerm' && message.laterTerm.term).toBe(7)
  })
})

describe('a generated service', () => {
  it('is served and called by grpc-js', async () => {
    const handlers: RaftHandlers = {
      describe: (_, answer) => answer(null, { voter: '3@dir', blank: true }),
      join: (call, answer) => {
        const { voter, port }: JoinRequest = call.request
        answer({ code: status.NOT_FOUND, details: `${voter} of ${port}` })
      },
      exchange: (call) => {
        call.on('data', () => call.write({}))
        call.on('end', () => call.end())
      },
    }
    const server = new Server(serverOptions)
    server.addService(Raft, handlers)
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      )
    })
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), channelOptions)
    try {
      const answer = await callUnary(client, Raft.describe, {}, { timeoutMs: 10_000 })
      expect([answer.voter, answer.blank, answer.leaderPort]).toEqual(['3@dir', true, 0])
      const refused = callUnary(client, Raft.join, { voter: '4@d', port: 9 }, { timeoutMs: 10_000 })
      await expect(refused).rejects.toMatchObject({ code: 5, details: '4@d of 9' })
      const stream = openBidiStream(client, Raft.exchange)
      const welcomes = new Promise<number>((resolve, reject) => {
        let count = 0
        stream.on('data', () => count++)
        stream.on('error', reject)
        stream.on('end', () => resolve(count))
      })
      stream.write({ laterTerm: { term: 1 } })
      stream.write({ laterTerm: { term: 2 } })
      stream.end()
      expect(await welcomes).toBe(2)
    } finally {
      client.close()
      server.forceShutdown()
    }
  })
})
