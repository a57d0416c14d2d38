// Blocks of producer ids, and InitProducerId that hands them out.

import type { Controller } from '@samsa/controller/controller'
import { ControllerError } from '@samsa/controller/errors'
import { emptyImage } from '@samsa/controller/image/draft'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { describe, expect, it } from 'vitest'
import { ProducerIds } from '../../../broker/producer-ids.ts'
import { startLocalNode } from '../../support/admin/local-node.ts'
import { imageWith } from '../../support/controller/controllers.ts'

const image = imageWith([{ id: 1 }])

/** Gives blocks of ten, when told to. */
function blocksOfTen() {
  let first = 0
  let allocations = 0
  const waiting: (() => void)[] = []
  const controller = {
    image: () => image,
    allocateProducerIds: (brokerId: number, epoch: number) => {
      expect([brokerId, epoch]).toEqual([1, 1])
      allocations++
      return new Promise((resolve) => {
        waiting.push(() => {
          resolve({ first, count: 10 })
          first += 10
        })
      })
    },
  } as unknown as Controller
  return {
    ids: new ProducerIds(1, controller),
    give: async () => {
      waiting.shift()?.()
      await new Promise<void>((resolve) => setImmediate(resolve))
    },
    allocations: () => allocations,
  }
}

describe('ProducerIds', () => {
  it('asks for one block however many wait, and gives each another id', async () => {
    const { ids, give, allocations } = blocksOfTen()
    const asked = Array.from({ length: 25 }, () => ids.next())
    expect(allocations()).toBe(1)
    await give()
    await give()
    await give()
    const given = await Promise.all(asked)
    expect(given.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, id) => id))
  })

  it('fetches the next block before the last is used up', async () => {
    const { ids, give, allocations } = blocksOfTen()
    const first = ids.next()
    await give()
    expect(await first).toBe(0)
    for (let id = 1; id < 8; id++) await ids.next()
    expect(allocations()).toBe(1)
    await ids.next()
    expect(allocations()).toBe(2)
    await give()
    const rest = [await ids.next(), await ids.next(), await ids.next()]
    expect(rest).toEqual([9, 10, 11])
  })

  it('tells who waits when no block is given, and asks again for the next', async () => {
    let fails = true
    const controller = {
      image: () => image,
      allocateProducerIds: () =>
        fails
          ? Promise.reject(new ControllerError('NOT_CONTROLLER', 'elsewhere'))
          : Promise.resolve({ first: 40, count: 10 }),
    } as unknown as Controller
    const ids = new ProducerIds(1, controller)
    await expect(ids.next()).rejects.toMatchObject({ kafkaError: 'NOT_CONTROLLER' })
    fails = false
    expect(await ids.next()).toBe(40)
  })

  it('are not asked for by a broker that is not registered', async () => {
    const controller = { image: () => emptyImage } as unknown as Controller
    await expect(new ProducerIds(1, controller).next()).rejects.toMatchObject({
      kafkaError: 'BROKER_ID_NOT_REGISTERED',
    })
  })
})

describe('InitProducerId', () => {
  const plain = { transactionalId: null, transactionTimeoutMs: 1000 }

  it('gives another id each time, also after a restart of the controller', async () => {
    const node = await startLocalNode()
    const ids = new Set<number>()
    for (let count = 0; count < 2500; count++) {
      const { producerId } = (await node.ask('initProducerId', 4, plain)) as { producerId: number }
      ids.add(producerId)
    }
    expect(ids.size).toBe(2500)
    expect(node.controller.image().nextProducerId).toBeGreaterThan(Math.max(...ids))
    await node.close()
  })

  it('makes clients try again while the controller gives no ids', async () => {
    const failing = { next: () => Promise.reject(new ControllerError('NOT_CONTROLLER', 'no')) }
    const producerIds = failing as unknown as ProducerIds
    const node = await startLocalNode({ services: { producerIds } })
    expect(await node.ask('initProducerId', 4, plain)).toMatchObject({
      errorCode: errorCodes.COORDINATOR_LOAD_IN_PROGRESS,
    })
    await node.close()
  })
})
