// The controller's service over a port between threads: both ends, with a service that the test
// plays.

import { MessageChannel } from 'node:worker_threads'
import { type CalledService, OwnBroker } from '@samsa/broker/controller-thread/own-broker'
import { OwnController } from '@samsa/broker/controller-thread/own-controller'
import type { BrokerStream } from '@samsa/controller/service/broker-sessions'
import { CallRefused, type OpenSession } from '@samsa/controller/service/controller-service'
import type { Following, SendUpdate } from '@samsa/controller/service/metadata-feed'
import {
  type BrokerAnswer,
  type BrokerMessage,
  type FollowRequest,
  MetadataUpdate,
} from '@samsa/proto/grpc/gen/controller'
import { status } from '@samsa/proto/grpc/status-codes'
import { afterEach, describe, expect, it } from 'vitest'

const patience = { timeout: 5_000 }

class PlayedService implements CalledService {
  readonly asked: string[] = []
  readonly heard: BrokerMessage[] = []
  readonly followed: FollowRequest[] = []
  sessionsEnded = 0
  followersStopped = 0
  drained = 0
  stream: BrokerStream | null = null
  send: SendUpdate = () => false
  failSession: (error: CallRefused) => void = () => {}
  answers = true
  refusal: CallRefused | null = null

  ask: CalledService['ask'] = ({ method, arguments: args }) => {
    this.asked.push(method)
    if (!this.answers) return new Promise(() => {})
    return Promise.resolve({ result: args, committedOffset: 7 })
  }

  openSession(stream: BrokerStream, onFault: (error: CallRefused) => void): OpenSession {
    this.stream = stream
    this.failSession = onFault
    return {
      take: (message) => void this.heard.push(message),
      ended: () => void this.sessionsEnded++,
    }
  }

  follow(request: FollowRequest, send: SendUpdate): Following {
    if (this.refusal !== null) throw this.refusal
    this.followed.push(request)
    this.send = send
    return { drained: () => void this.drained++, stop: () => void this.followersStopped++ }
  }
}

const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0)) close()
})

function connect(): { service: PlayedService; broker: OwnBroker; controller: OwnController } {
  const { port1, port2 } = new MessageChannel()
  const service = new PlayedService()
  const broker = new OwnBroker(port2, service)
  const controller = new OwnController(port1)
  open.push(() => controller.close())
  return { service, broker, controller }
}

/** What happened on a stream, in order. */
function recorded<Message>(stream: {
  on(event: 'data', listener: (message: Message) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'end' | 'status', listener: () => void): unknown
}): { data: Message[]; ends: (string | number)[] } {
  const seen: { data: Message[]; ends: (string | number)[] } = { data: [], ends: [] }
  stream.on('data', (message) => void seen.data.push(message))
  stream.on('error', (error) => void seen.ends.push((error as Error & { code: number }).code))
  stream.on('end', () => void seen.ends.push('end'))
  return seen
}

describe('a question', () => {
  const request = { method: 'describeQuorum', arguments: Buffer.from('all of it') }

  it('is answered', async () => {
    const { controller, service } = connect()
    await controller.ready()
    const answer = await controller.ask(request, { timeoutMs: 5_000 })
    expect(answer).toMatchObject({ answer: 'result', committedOffset: 7 })
    expect(answer.answer === 'result' && answer.result.toString()).toBe('all of it')
    expect(service.asked).toEqual(['describeQuorum'])
  })

  it('fails when the answer is late, and when nobody wants it any more', async () => {
    const { controller, service } = connect()
    service.answers = false
    const late = controller.ask(request, { timeoutMs: 10 })
    await expect(late).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED })
    const stop = new AbortController()
    const left = controller.ask(request, { timeoutMs: 5_000, signal: stop.signal })
    stop.abort()
    await expect(left).rejects.toMatchObject({ code: status.CANCELLED })
  })

  it('fails once the thread has ended', async () => {
    const { controller, service, broker } = connect()
    service.answers = false
    const asked = controller.ask(request, { timeoutMs: 5_000 })
    await expect.poll(() => service.asked.length, patience).toBe(1)
    broker.close()
    await expect(asked).rejects.toMatchObject({ code: status.UNAVAILABLE })
    await expect(controller.ready()).rejects.toMatchObject({ code: status.UNAVAILABLE })
    const again = controller.ask(request, { timeoutMs: 5_000 })
    await expect(again).rejects.toMatchObject({ code: status.UNAVAILABLE })
  })
})

describe('a session', () => {
  it('carries messages both ways, and ends when the broker ends it', async () => {
    const { controller, service } = connect()
    const stream = controller.session()
    const seen = recorded<BrokerAnswer>(stream)
    stream.write({ heartbeat: { id: 3, appliedOffset: 9, wantsShutdown: false } })
    await expect.poll(() => service.heard, patience).toHaveLength(1)
    expect(service.heard[0]).toMatchObject({ message: 'heartbeat', heartbeat: { id: 3 } })
    service.stream?.send({ state: { epoch: 5, fenced: true } })
    await expect.poll(() => seen.data, patience).toHaveLength(1)
    expect(seen.data[0]).toMatchObject({ answer: 'state', state: { epoch: 5, fenced: true } })
    stream.end()
    await expect.poll(() => seen.ends, patience).toEqual(['end'])
    expect(service.sessionsEnded).toBe(1)
  })

  it('is over for the controller when the broker leaves it', async () => {
    const { controller, service } = connect()
    const stream = controller.session()
    const seen = recorded<BrokerAnswer>(stream)
    stream.cancel()
    await expect.poll(() => service.sessionsEnded, patience).toBe(1)
    service.stream?.send({ state: { epoch: 5 } })
    await controller.ask({ method: 'any', arguments: Buffer.alloc(0) }, { timeoutMs: 5_000 })
    expect(seen).toEqual({ data: [], ends: [] })
  })

  it('is over for the broker when it cannot go on, and when the thread ends', async () => {
    const { controller, service, broker } = connect()
    const first = recorded<BrokerAnswer>(controller.session())
    await expect.poll(() => service.stream, patience).not.toBeNull()
    service.failSession(new CallRefused(status.INTERNAL, 'no'))
    await expect.poll(() => first.ends, patience).toEqual([status.INTERNAL])
    const second = recorded<BrokerAnswer>(controller.session())
    await controller.ask({ method: 'any', arguments: Buffer.alloc(0) }, { timeoutMs: 5_000 })
    broker.close()
    await expect.poll(() => second.ends, patience).toEqual(['end'])
    const third = recorded<BrokerAnswer>(controller.session())
    await expect.poll(() => third.ends, patience).toEqual([status.UNAVAILABLE])
  })
})

describe('the metadata', () => {
  const request = { clusterId: 'c', nodeId: 1, nextOffset: 12 }
  const update = (bytes: number) => {
    const records = [Buffer.alloc(bytes)]
    return MetadataUpdate.encode({ batch: { baseOffset: 12, epoch: 1, records } }).finish()
  }

  it('is pushed, no more at once than the broker can take', async () => {
    const { controller, service } = connect()
    const seen = recorded<MetadataUpdate>(controller.follow(request))
    await expect.poll(() => service.followed, patience).toHaveLength(1)
    expect(service.followed[0]).toMatchObject(request)
    const half = update(600 * 1024) as Buffer
    expect(service.send(half)).toBe(true)
    expect(service.send(half)).toBe(false)
    await expect.poll(() => seen.data, patience).toHaveLength(2)
    await expect.poll(() => service.drained, patience).toBe(1)
    expect(service.send(half)).toBe(true)
  })

  it('is refused with a reason', async () => {
    const { controller, service } = connect()
    service.refusal = new CallRefused(status.FAILED_PRECONDITION, 'another cluster')
    const seen = recorded<MetadataUpdate>(controller.follow(request))
    await expect.poll(() => seen.ends, patience).toEqual([status.FAILED_PRECONDITION])
  })

  it('is pushed no more to a broker that has left', async () => {
    const { controller, service } = connect()
    const stream = controller.follow(request)
    await expect.poll(() => service.followed, patience).toHaveLength(1)
    stream.cancel()
    await expect.poll(() => service.followersStopped, patience).toBe(1)
  })
})
