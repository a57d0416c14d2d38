// The stream of appends against a call that is a model of grpc-js's: what is read when, what is
// answered, and what is given back.

import { EventEmitter } from 'node:events'
import { BrokerError } from '@samsa/broker/errors'
import { type AppendCall, AppendStream } from '@samsa/broker/storage/append-stream'
import type { Appender } from '@samsa/broker/storage/appender'
import { ByteBudget } from '@samsa/broker/storage/byte-budget'
import { streamAppendBytesMax } from '@samsa/broker/storage/limits'
import { Malformed } from '@samsa/broker/storage/request-decoding'
import type { AppendResultInit, AppendStreamResponseInit } from '@samsa/proto/grpc/gen/storage'
import { describe, expect, it, vi } from 'vitest'

class FakeCall extends EventEmitter {
  isPaused = false
  hasEnded = false
  readonly results: AppendResultInit[] = []
  readonly #unwritten: (() => void)[] = []
  /** Whether the caller takes results. */
  takes = true

  pause() {
    this.isPaused = true
  }

  resume() {
    this.isPaused = false
  }

  write({ results }: AppendStreamResponseInit, done: () => void) {
    this.results.push(...(results ?? []))
    if (this.takes) setImmediate(done)
    else this.#unwritten.push(done)
    return true
  }

  takeAll() {
    this.takes = true
    for (const done of this.#unwritten.splice(0)) done()
  }

  end() {
    this.hasEnded = true
  }
}

const appended = { baseOffset: 5, logAppendTimeMs: -1, logStartOffset: 0 }

function start(append: Appender['append'] = async () => appended) {
  const call = new FakeCall()
  const budget = new ByteBudget(3 * streamAppendBytesMax)
  const appender = { append } as unknown as Appender
  const stream = new AppendStream(call as unknown as AppendCall, {
    appender,
    budget,
    memory: { shortLived: () => undefined },
  })
  const send = (...ids: number[]) =>
    call.emit(
      'data',
      ids.map((id) => message(id, 1000)),
    )
  return { call, budget, stream, send }
}

function message(id: number, size: number) {
  const append = {
    topic: 't',
    topicId: '',
    partition: 0,
    acks: 0,
    timeoutMs: 0,
    batch: Buffer.alloc(size),
    records: null,
  }
  return { id, append }
}

describe('a stream of appends', () => {
  it('answers each by its id, with what came of it', async () => {
    const { call, budget, send } = start(async ({ batch }) => {
      if (batch?.length === 1) throw new BrokerError('MESSAGE_TOO_LARGE', 'too large')
      return appended
    })
    send(1, 2)
    call.emit('data', [message(3, 1)])
    await vi.waitFor(() => expect(call.results).toHaveLength(3))
    expect(call.results.map(({ id }) => id)).toEqual([1, 2, 3])
    expect(call.results[0]?.appended).toEqual(appended)
    expect(call.results[2]?.error).toMatchObject({ name: 'MESSAGE_TOO_LARGE', retriable: false })
    await vi.waitFor(() => expect(budget.usedBytes).toBe(0))
  })

  it('reads no more from a caller that takes no results, and goes on when it does', async () => {
    const { call, send } = start()
    call.takes = false
    send(1)
    await vi.waitFor(() => expect(call.results).toHaveLength(1))
    call.emit('data', [message(2, streamAppendBytesMax)])
    expect(call.isPaused).toBe(true)
    await new Promise((resolve) => setImmediate(resolve))
    expect(call.isPaused).toBe(true)
    call.takeAll()
    await vi.waitFor(() => expect(call.isPaused).toBe(false))
    expect(call.results).toHaveLength(2)
  })

  it('waits while all streams together hold too much', async () => {
    const { call, budget, send } = start()
    budget.take(3 * streamAppendBytesMax)
    send(1)
    expect(call.isPaused).toBe(true)
    await vi.waitFor(() => expect(call.results).toHaveLength(1))
    await new Promise((resolve) => setImmediate(resolve))
    expect(call.isPaused).toBe(true)
    budget.give(3 * streamAppendBytesMax)
    expect(call.isPaused).toBe(false)
  })

  it('ends when the caller has ended and everything is answered', async () => {
    const finish = Promise.withResolvers<typeof appended>()
    const { call, send } = start(() => finish.promise)
    send(1)
    call.emit('end')
    await new Promise((resolve) => setImmediate(resolve))
    expect(call.hasEnded).toBe(false)
    finish.resolve(appended)
    await vi.waitFor(() => expect(call.hasEnded).toBe(true))
    expect(call.results).toHaveLength(1)
  })

  it('gives everything back when the caller leaves, at whatever moment', async () => {
    const finish = Promise.withResolvers<typeof appended>()
    const { call, budget, send } = start(({ batch }) =>
      batch?.length === 7 ? finish.promise : Promise.resolve(appended),
    )
    call.takes = false
    send(1)
    call.emit('data', [message(2, 7)])
    await vi.waitFor(() => expect(call.results).toHaveLength(1))
    send(3)
    await Promise.resolve()
    call.emit('cancelled')
    finish.resolve(appended)
    call.takeAll()
    await vi.waitFor(() => expect(budget.usedBytes).toBe(0))
    expect(call.hasEnded).toBe(false)
  })

  it('fails as a whole over bytes that cannot be read', () => {
    const { call } = start()
    const failed = vi.fn()
    call.on('error', failed)
    call.emit('data', new Malformed('index out of range'))
    expect(failed).toHaveBeenCalledOnce()
    expect(failed.mock.calls[0]?.[0]).toMatchObject({ code: 3 })
  })
})
