// A broker's links to its controllers, over loopback gRPC with a real quorum: what it follows, what
// it asks, and how it keeps its place when the active controller changes.

import { createServer, type Server } from 'node:net'
import { systemClock } from '@samsa/broker/system-time'
import { ControllerError } from '@samsa/controller/errors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitFor } from '../../../support/conformance/wait.ts'
import {
  ControllersInProcess,
  type TestBroker,
} from '../../../support/peer/controllers-in-process.ts'

const timeoutMs = 20_000

let controllers: ControllersInProcess
let broker: TestBroker
/** Stands for the broker's gRPC server: probes find somebody there. */
let alive: Server
let alivePort = 0

function until(what: string, look: () => boolean | Promise<boolean>): Promise<boolean> {
  return waitFor(look, { what, timeoutMs })
}

function newTopic(name: string) {
  return {
    topics: [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
    validateOnly: false,
  }
}

beforeAll(async () => {
  alive = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => alive.listen(0, '127.0.0.1', resolve))
  const address = alive.address()
  alivePort = typeof address === 'object' && address !== null ? address.port : 0
  controllers = await ControllersInProcess.start(3)
  broker = await controllers.startBroker(10, alivePort)
  broker.session.start()
  await broker.session.unfenced()
}, 60_000)

afterAll(async () => {
  await controllers.close()
  alive.close()
})

describe("a broker's link to the controllers", () => {
  it('has the metadata when it has started, and is in once it has registered', () => {
    const { client, session } = broker
    expect(client.image().clusterId).not.toBe('')
    expect(client.image().brokers.get(10)).toMatchObject({ epoch: session.epoch, fenced: false })
    expect(session.isFencedFromCluster()).toBe(false)
  })

  it('shows what was decided before the answer comes', async () => {
    const [created] = await broker.client.createTopics(newTopic('seen'))
    expect(created).toMatchObject({ name: 'seen', error: 'NONE' })
    expect(broker.client.image().topicsByName.get('seen')?.id).toBe(created?.topicId)
  })

  it('has the refusal of the controller as its own', async () => {
    const asked = broker.client.fenceBroker(10, broker.session.epoch + 1)
    await expect(asked).rejects.toThrow(ControllerError)
    await expect(asked).rejects.toMatchObject({ kafkaError: 'STALE_BROKER_EPOCH' })
  })

  it('has every controller in the metadata, with its address', async () => {
    await until('all controllers to be registered', () => {
      return broker.client.image().controllers.size === controllers.ids.length
    })
    for (const { endpoints } of broker.client.image().controllers.values()) {
      expect(endpoints[0]?.port).toBeGreaterThan(0)
    }
  })

  it('keeps another process with its id out while it is heard of', async () => {
    const other = await controllers.startBroker(10, alivePort)
    other.session.start()
    await until('the other one to be refused', () => {
      return other.session.notServing()?.includes('Another process') === true
    })
    await other.close()
    expect(broker.session.isFencedFromCluster()).toBe(false)
  })

  it('keeps its place and its epoch when the active controller stops, and asks the next', async () => {
    const { client, session } = broker
    const { epoch } = session
    const [first] = [controllers.active() ?? 0]
    await controllers.stopController(first)
    await until('another active controller', () => {
      const active = controllers.active()
      return active !== undefined && active !== first
    })
    const [created] = await client.createTopics(newTopic('after'))
    expect(created?.error).toBe('NONE')
    await until('the session to go on', () => !session.isFencedFromCluster())
    expect(session.epoch).toBe(epoch)
    expect(client.image().brokers.get(10)).toMatchObject({ epoch, fenced: false })
    await controllers.startController(first)
  })

  it('stays in while the active controller hands over, and knows the next at once', async () => {
    const { client, session } = broker
    const { epoch } = session
    const from = controllers.events.logged.length
    for (let turn = 0; turn < 3; turn++) {
      const { leaderId } = await client.describeQuorum()
      await client.transferLeadership(null)
      const handedOverMs = systemClock.monotonicMs()
      await until('another active controller', async () => {
        return (await client.describeQuorum()).leaderId !== leaderId
      })
      await until('its answer', () => session.lastContactMs > handedOverMs)
    }
    const since = controllers.events.logged.slice(from).map(({ message }) => message)
    expect(since).not.toContain('the controller refused this broker')
    expect(session.epoch).toBe(epoch)
  })

  it('has the active controller removed by the next, and added again by its id', async () => {
    const { client, session } = broker
    const before = await client.describeQuorum()
    const leader = before.voters.find(({ replicaId }) => replicaId === before.leaderId)
    const [nodeId, directoryId] = [before.leaderId, leader?.directoryId ?? '']
    await client.removeVoter({ nodeId, directoryId })
    const between = await client.describeQuorum()
    expect(between.leaderId).not.toBe(nodeId)
    expect(between.voters.map(({ replicaId }) => replicaId)).not.toContain(nodeId)
    expect(between.observers).toMatchObject([{ replicaId: nodeId, directoryId }])
    await client.addVoter({ nodeId, directoryId, endpoints: [] })
    expect((await client.describeQuorum()).voters).toHaveLength(before.voters.length)
    await until('the session to go on', () => !session.isFencedFromCluster())
  })

  it('takes itself for fenced when nobody of the quorum answers', async () => {
    const [left = 0, ...stopped] = controllers.ids
    await Promise.all(stopped.map((id) => controllers.stopController(id)))
    expect(left).toBe(1)
    await until('the broker to notice', () => broker.session.isFencedFromCluster())
    await Promise.all(stopped.map((id) => controllers.startController(id)))
    await until('the broker to be back', () => !broker.session.isFencedFromCluster())
  })

  it('may stop when it asks to, and is fenced for it when it goes', async () => {
    const second = await controllers.startBroker(11, alivePort)
    second.session.start()
    await second.session.unfenced()
    expect(await second.session.shutDown(timeoutMs)).toBe(true)
    await second.close()
    await until('it to be fenced', () => broker.client.image().brokers.get(11)?.fenced === true)
    const fencing = controllers.events.logged.findLast(
      ({ message }) => message === 'fencing a broker',
    )
    expect(fencing?.fields).toMatchObject({ broker: 11, reason: 'stopped' })
  })
})
