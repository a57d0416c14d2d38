// Streams of brokers to a controller that comes and goes as the active one.

import type { Controller } from '@samsa/controller/controller'
import { ControllerError } from '@samsa/controller/errors'
import type { BrokerImage, MetadataImage } from '@samsa/controller/image'
import { emptyImage } from '@samsa/controller/image/draft'
import { BrokerSessions, type BrokerStream } from '@samsa/controller/service/broker-sessions'
import { defaultSessionOptions } from '@samsa/controller/sessions/events'
import type { BrokerAnswerInit, Heartbeat, Register } from '@samsa/proto/grpc/gen/controller'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { expect, it } from 'vitest'

const ids = [1, 2, 3]

class Host {
  readonly logged: string[] = []
  readonly sessions: BrokerSessions
  canCommit = true
  nowMs = 1_000
  #tick: () => void = () => undefined

  constructor() {
    const image = imageOf(ids)
    const controller = {
      image: () => image,
      subscribe: () => () => undefined,
      registerBroker: ({ brokerId }: { brokerId: number }) => Promise.resolve({ epoch: brokerId }),
      fenceBroker: () =>
        this.canCommit
          ? Promise.resolve()
          : Promise.reject(new ControllerError('NOT_CONTROLLER', 'Leadership is handed over.')),
      unfenceBroker: () => Promise.resolve(),
    }
    const log = (_: object, message: string) => void this.logged.push(message)
    this.sessions = new BrokerSessions({
      nodeId: 1,
      controller: controller as unknown as Controller,
      session: defaultSessionOptions,
      clock: {
        nowMs: () => this.nowMs,
        after: (_, call) => {
          this.#tick = call
          return () => undefined
        },
      },
      isRefused: () => Promise.resolve(true),
      leader: () => ({ leaderId: 2, epoch: 8, host: '', port: 0, committedOffset: 0 }),
      events: { info: log, warn: log, error: log },
    })
    this.sessions.leaderChanged({ leaderId: 1, epoch: 7 })
  }

  async connect(brokerId: number) {
    const answers: BrokerAnswerInit[] = []
    const stream: BrokerStream = { send: (answer) => answers.push(answer), end: () => undefined }
    const register = { brokerId, incarnationId: `process ${brokerId}`, endpoints: [], features: [] }
    const session = await this.sessions.register(stream, register as unknown as Register)
    if (session === null) throw new Error(`broker ${brokerId} was refused`)
    return { answers, stream, session }
  }

  run(ms: number): void {
    for (const untilMs = this.nowMs + ms; this.nowMs < untilMs; ) {
      this.nowMs += defaultSessionOptions.tickMs
      this.#tick()
    }
  }
}

function imageOf(brokerIds: readonly number[]): MetadataImage {
  const brokers = brokerIds.map((id) => ({
    id,
    epoch: id,
    incarnationId: `process ${id}`,
    fenced: false,
    endpoints: [],
  }))
  const byId = new Map(brokers.map((broker) => [broker.id, broker as unknown as BrokerImage]))
  return { ...emptyImage, offset: 100, brokers: byId }
}

it('a controller that is not the active one any more sends brokers on, and takes nothing back', async () => {
  const host = new Host()
  const brokers = await Promise.all(ids.map((id) => host.connect(id)))
  host.sessions.leaderChanged({ leaderId: 2, epoch: 8 })
  for (const { answers } of brokers) {
    const refusals = answers.flatMap(({ refusal }) => (refusal ? [refusal] : []))
    expect(refusals.map(({ error }) => error)).toEqual([errorCodes.NOT_CONTROLLER])
  }
})

it('says once that a broker is fenced, however often that has to be tried', async () => {
  const host = new Host()
  const [first] = await Promise.all(ids.map((id) => host.connect(id)))
  if (first === undefined) throw new Error('no broker')
  const heartbeat = { id: 1, appliedOffset: 100, wantsShutdown: false } as Heartbeat
  host.sessions.heartbeat(first.session, first.stream, heartbeat)
  host.canCommit = false
  for (let round = 0; round < 40; round++) {
    host.run(100)
    await Promise.resolve()
    await Promise.resolve()
  }
  const fencings = host.logged.filter((message) => message === 'fencing a broker')
  expect(fencings.length).toBeGreaterThan(0)
  expect(fencings.length).toBeLessThanOrEqual(ids.length)
})
