// Topic and config admin beyond the recorded answers: refusals, timeouts, settings.

import type { Controller } from '@samsa/controller/controller'
import { ControllerError } from '@samsa/controller/errors'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { zeroUuid } from '@samsa/proto/wire/types'
import { afterEach, describe, expect, it } from 'vitest'
import { type LocalNode, startLocalNode } from '../../../support/admin/local-node.ts'

let node: LocalNode
afterEach(() => node.close())

const topic = (name: string) => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
})
const create = (...names: string[]) => ({
  topics: names.map(topic),
  timeoutMs: 1000,
  validateOnly: false,
})
const remove = (...names: string[]) => ({
  topics: names.map((name) => ({ name, topicId: zeroUuid })),
  timeoutMs: 1000,
})

function refusing(error: Error): Partial<Record<keyof Controller, () => Promise<never>>> {
  const refuse = () => Promise.reject(error)
  return {
    createTopics: refuse,
    deleteTopics: refuse,
    createPartitions: refuse,
    alterConfigs: refuse,
    incrementalAlterConfigs: refuse,
  }
}

async function withController(controller: unknown): Promise<LocalNode> {
  return startLocalNode({ services: { controller: controller as Controller } })
}

describe('a request that the controller refuses as a whole', () => {
  const refusal = new ControllerError('NOT_CONTROLLER', 'not here')
  const refused = { errorCode: errorCodes.NOT_CONTROLLER, errorMessage: 'not here' }

  it('is answered so for each of its items', async () => {
    node = await withController(refusing(refusal))
    expect(await node.ask('createTopics', 7, create('a', 'b'))).toMatchObject({
      topics: [
        { name: 'a', ...refused },
        { name: 'b', ...refused },
      ],
    })
    expect(await node.ask('deleteTopics', 6, remove('a'))).toMatchObject({
      responses: [{ name: 'a', ...refused }],
    })
    const growth = { topics: [{ name: 'a', count: 2, assignments: null }] }
    expect(
      await node.ask('createPartitions', 3, { ...growth, timeoutMs: 1, validateOnly: false }),
    ).toMatchObject({ results: [{ name: 'a', ...refused }] })
    for (const api of ['alterConfigs', 'incrementalAlterConfigs'] as const) {
      const resources = [
        { resourceType: 2, resourceName: 'a', configs: [] },
        { resourceType: 99, resourceName: 'b', configs: [] },
        { resourceType: 32, resourceName: 'c', configs: [] },
      ]
      expect(await node.ask(api, 1, { resources, validateOnly: false })).toMatchObject({
        responses: [
          { resourceName: 'a', ...refused },
          { resourceName: 'b', errorCode: errorCodes.INVALID_REQUEST },
          { resourceName: 'c', ...refused },
        ],
      })
    }
  })

  it('is not answered when something else went wrong', async () => {
    node = await withController(refusing(new TypeError('a bug')))
    await expect(node.ask('createTopics', 7, create('a'))).rejects.toThrow('a bug')
  })

  it('is told to have timed out when the time that it gave is over', async () => {
    const waits: number[] = []
    node = await startLocalNode({
      services: {
        controller: { createTopics: () => new Promise(() => undefined) } as unknown as Controller,
        timers: {
          schedule: (delayMs, action) => {
            waits.push(delayMs)
            action()
            return { cancel: () => undefined }
          },
        },
      },
    })
    expect(await node.ask('createTopics', 7, create('a'))).toMatchObject({
      topics: [{ name: 'a', errorCode: errorCodes.REQUEST_TIMED_OUT }],
    })
    await node.ask('createTopics', 7, { ...create('a'), timeoutMs: -5 })
    expect(waits).toEqual([1000, 0])
  })
})

describe('DeleteTopics', () => {
  it('is refused where delete.topic.enable is off, in the words of the version', async () => {
    node = await startLocalNode({ overrides: ['delete.topic.enable=false'] })
    expect(await node.ask('deleteTopics', 6, remove('a'))).toMatchObject({
      responses: [{ name: 'a', errorCode: errorCodes.TOPIC_DELETION_DISABLED }],
    })
    const old = { topicNames: ['a'], timeoutMs: 1000 }
    expect(await node.ask('deleteTopics', 2, old)).toMatchObject({
      responses: [{ name: 'a', errorCode: errorCodes.INVALID_REQUEST }],
    })
  })

  it('leaves internal topics alone, by name and by id', async () => {
    node = await startLocalNode()
    await node.ask('createTopics', 7, create('__consumer_offsets', 'mine'))
    const topicId = node.controller.image().topicsByName.get('__consumer_offsets')?.id ?? ''
    for (const doomed of [
      { name: '__consumer_offsets', topicId: zeroUuid },
      { name: null, topicId },
    ]) {
      const request = { topics: [doomed, { name: 'mine', topicId: zeroUuid }], timeoutMs: 1000 }
      expect(await node.ask('deleteTopics', 6, request)).toMatchObject({
        responses: [{ ...doomed, errorCode: errorCodes.INVALID_REQUEST }, { name: 'mine' }],
      })
    }
    expect([...node.controller.image().topicsByName.keys()]).toEqual(['__consumer_offsets'])
  })
})

describe('dynamic broker configs', () => {
  it('take effect at once, of one broker before those of all', async () => {
    node = await startLocalNode()
    const set = (resourceName: string, value: string) =>
      node.ask('incrementalAlterConfigs', 1, {
        resources: [
          {
            resourceType: 4,
            resourceName,
            configs: [{ name: 'log.retention.ms', configOperation: 0, value }],
          },
        ],
        validateOnly: false,
      })
    await set('', '1000')
    expect(node.services.config().logRetentionMs).toBe(1000)
    await set('1', '2000')
    expect(node.services.config().logRetentionMs).toBe(2000)
  })
})
