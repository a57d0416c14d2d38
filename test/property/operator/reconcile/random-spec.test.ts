// Whatever valid change is made to a cluster, however far the operator gets with it and whatever
// dies meanwhile: once it is taken back, the cluster is as it was, with nobody's help.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StoredObject } from '../../../support/kube-api/store.ts'
import { Stage, specOf } from '../../../support/operator/stage.ts'

interface Choice {
  readonly controllers: number
  readonly brokers: number
  readonly memory: string
  readonly sizeGi: number
  readonly config: Readonly<Record<string, number>>
  readonly policy: 'Automatic' | 'OnApproval'
  readonly onScaleUp: boolean
  readonly onScaleDown: boolean
  readonly isPaused: boolean
  readonly hasListener: boolean
}

const base: Choice = {
  controllers: 3,
  brokers: 3,
  memory: '768Mi',
  sizeGi: 10,
  config: {},
  policy: 'Automatic',
  onScaleUp: true,
  onScaleDown: true,
  isPaused: false,
  hasListener: false,
}

/** So little that no container starts. */
const tooLittle = '1'

const choices = fc.record({
  controllers: fc.constantFrom(1, 3, 5),
  brokers: fc.integer({ min: 1, max: 5 }),
  memory: fc.constantFrom('768Mi', '1Gi', tooLittle),
  sizeGi: fc.constant(10),
  config: fc.constantFrom<Record<string, number>>(
    {},
    { 'num.io.threads': 4 },
    { 'socket.listen.backlog.size': 99 },
    { 'log.retention.ms': 1_000, 'socket.listen.backlog.size': 7 },
  ),
  policy: fc.constantFrom('Automatic', 'OnApproval'),
  onScaleUp: fc.boolean(),
  onScaleDown: fc.boolean(),
  isPaused: fc.boolean(),
  hasListener: fc.boolean(),
}) satisfies fc.Arbitrary<Choice>

const steps = fc.array(
  fc.record({
    choice: choices,
    passes: fc.integer({ min: 0, max: 12 }),
    killed: fc.option(fc.nat({ max: 9 })),
    grows: fc.boolean(),
  }),
  { minLength: 1, maxLength: 3 },
)

function specFor(choice: Choice): object {
  const volumes = [{ id: 0, size: `${choice.sizeGi}Gi` }]
  const resources = { limits: { memory: choice.memory } }
  const pool = (name: string, role: string, replicas: number) => ({
    name,
    roles: [role],
    replicas,
    volumes,
    resources,
  })
  const extra = { name: 'extra', port: 9099, type: 'internal' }
  return specOf({
    nodePools: [pool('q', 'controller', choice.controllers), pool('b', 'broker', choice.brokers)],
    listeners: [
      { name: 'plain', port: 9092, type: 'internal' },
      ...(choice.hasListener ? [extra] : []),
    ],
    topics: [{ name: 't', partitions: 6, replicas: 3 }],
    config: choice.config,
    updatePolicy: { type: choice.policy },
    rebalance: { onScaleUp: choice.onScaleUp, onScaleDown: choice.onScaleDown },
    paused: choice.isPaused,
  })
}

function kill(stage: Stage, index: number): void {
  const pods = stage.list('v1/pods')
  const pod = pods[index % Math.max(1, pods.length)]
  if (pod === undefined) return
  stage.server.store.delete({ collection: 'v1/pods', namespace: 'ns', name: pod.metadata.name })
}

function expectAsItWas(stage: Stage): void {
  const pods = stage.list('v1/pods')
  const ofPool = (name: string) =>
    pods.filter(({ metadata }) => metadata.labels?.['samsa.io/pool'] === name)
  expect([ofPool('q').length, ofPool('b').length, pods.length]).toEqual([3, 3, 6])
  const ids = (list: StoredObject[]) =>
    list.map(({ metadata }) => Number(metadata.labels?.['samsa.io/node-id'])).sort((a, b) => a - b)
  expect([...stage.cluster.voters].sort((a, b) => a - b)).toEqual(ids(ofPool('q')))
  expect([...stage.cluster.registered].sort((a, b) => a - b)).toEqual(ids(ofPool('b')))
  const brokers = new Set(ids(ofPool('b')))
  const replicas = stage.cluster.topics.get('t')?.replicas ?? []
  expect(replicas).toHaveLength(6)
  expect(replicas.every((all) => all.length === 3 && all.every((id) => brokers.has(id)))).toBe(true)
  expect(JSON.stringify(pods)).not.toContain('9099')
  expect(stage.cluster.throttle).toBeNull()
}

describe('a cluster', () => {
  it('is as it was once changes are taken back', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (story) => {
        const stage = await Stage.open()
        stage.kubelet.isBad = (pod) => JSON.stringify(pod).includes(`"memory":"${tooLittle}"`)
        try {
          stage.create(specFor(base))
          await stage.settle()
          let { sizeGi } = base
          for (const { choice, passes, killed, grows } of story) {
            if (grows) sizeGi++
            stage.change(specFor({ ...choice, sizeGi }))
            for (let count = 0; count < passes; count++) await stage.pass()
            if (killed !== null) kill(stage, killed)
          }
          stage.change(specFor({ ...base, sizeGi }))
          await stage.settle(80)
          expectAsItWas(stage)
        } finally {
          await stage.close()
        }
      }),
      { numRuns: 4 },
    )
  })
})
