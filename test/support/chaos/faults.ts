// The faults that a run may do to a cluster. Each begins at once, says what it has hit, and is
// ended by its heal; what it hits comes from the seeded random source alone.

import type { ClusterNode } from '../conformance/cluster-node.ts'
import type { SeededRandom } from '../conformance/random.ts'
import { flipBit } from './bit-flip.ts'
import type { TestBed } from './test-bed.ts'

export interface FaultContext {
  readonly bed: TestBed
  readonly random: SeededRandom
  readonly topic: string
}

export interface ActiveFault {
  /** What was hit. */
  readonly detail: string
  heal(): Promise<void>
}

export interface Fault {
  readonly needs: 'processes' | 'network' | 'disks' | 'samsa'
  readonly durationMs: readonly [min: number, max: number]
  begin(context: FaultContext): Promise<ActiveFault>
}

const nothing = () => Promise.resolve()
const hourMs = 3_600_000

function anyNode({ bed, random }: FaultContext): ClusterNode {
  return random.pick(bed.cluster.nodes)
}

async function killed(node: ClusterNode, what: string): Promise<ActiveFault> {
  await node.kill9()
  return { detail: `${what} node ${node.id}`, heal: () => node.start() }
}

function onNetwork(
  name: string,
  begin: (network: NonNullable<TestBed['network']>, id: number) => void,
): Fault {
  return {
    needs: 'network',
    durationMs: [3_000, 12_000],
    async begin(context) {
      await nothing()
      const { id } = anyNode(context)
      const { network } = context.bed
      if (network === undefined) throw new Error('no network of our own')
      begin(network, id)
      return {
        detail: `${name} node ${id}`,
        async heal() {
          await nothing()
          network.heal()
        },
      }
    },
  }
}

const processFaults = {
  kill: {
    needs: 'processes',
    durationMs: [0, 6_000],
    begin: (context) => killed(anyNode(context), 'kill -9 of'),
  },
  'kill-leader': {
    needs: 'processes',
    durationMs: [0, 6_000],
    async begin({ bed, random, topic }) {
      const led = random.pick(await bed.admin.partitions(topic))
      return killed(bed.cluster.node(led.leader), `kill -9 of the leader of ${led.partition},`)
    },
  },
  'kill-controller': {
    needs: 'processes',
    durationMs: [0, 6_000],
    async begin({ bed }) {
      const { leader } = await bed.admin.quorum()
      return killed(bed.cluster.node(leader), 'kill -9 of the active controller,')
    },
  },
  'kill-all': {
    needs: 'processes',
    durationMs: [0, 2_000],
    async begin({ bed }) {
      await bed.cluster.kill9()
      return {
        detail: 'kill -9 of all nodes',
        heal: async () => {
          await Promise.all(bed.cluster.nodes.map((node) => node.start()))
        },
      }
    },
  },
  terminate: {
    needs: 'processes',
    durationMs: [0, 3_000],
    async begin(context) {
      const node = anyNode(context)
      await node.stop()
      return { detail: `stop of node ${node.id}`, heal: () => node.start() }
    },
  },
  pause: {
    needs: 'processes',
    durationMs: [500, 15_000],
    async begin(context) {
      await nothing()
      const node = anyNode(context)
      node.pause()
      return {
        detail: `SIGSTOP of node ${node.id}`,
        async heal() {
          await nothing()
          node.resume()
        },
      }
    },
  },
} as const satisfies Record<string, Fault>

const networkFaults = {
  isolate: onNetwork('no packets to or from', (network, id) => network.isolate(id)),
  'isolate-peers': onNetwork('no packets between the others and', (network, id) =>
    network.isolateFromPeers(id),
  ),
  mute: onNetwork('nobody hears', (network, id) => network.mute(id)),
  loss: onNetwork('a third of the packets lost to', (network, id) => network.lose(id, 33)),
  slow: onNetwork('a slow link of', (network, id) => network.slowDown(id)),
  'one-way': {
    needs: 'network',
    durationMs: [3_000, 12_000],
    async begin({ bed, random }) {
      await nothing()
      const from = random.pick(bed.cluster.nodes).id
      const to = random.pick(bed.cluster.nodes.filter(({ id }) => id !== from)).id
      bed.network?.cutOneWay(from, to)
      return {
        detail: `nothing from node ${from} to node ${to}`,
        async heal() {
          await nothing()
          bed.network?.heal()
        },
      }
    },
  },
} as const satisfies Record<string, Fault>

const diskFaults = {
  'stuck-disk': {
    needs: 'disks',
    durationMs: [500, 6_000],
    async begin(context) {
      await nothing()
      const { id } = anyNode(context)
      const { disks } = context.bed
      disks?.freeze(id)
      return {
        detail: `no write to the disk of node ${id} ends`,
        async heal() {
          await nothing()
          disks?.thaw(id)
        },
      }
    },
  },
  'slow-disk': {
    needs: 'disks',
    durationMs: [3_000, 10_000],
    async begin(context) {
      await nothing()
      const { id } = anyNode(context)
      const { disks } = context.bed
      let isFrozen = false
      const flip = () => {
        isFrozen = !isFrozen
        if (isFrozen) disks?.freeze(id)
        else disks?.thaw(id)
      }
      const timer = setInterval(flip, 150)
      return {
        detail: `the disk of node ${id} stands still half of the time`,
        async heal() {
          await nothing()
          clearInterval(timer)
          disks?.thaw(id)
        },
      }
    },
  },
  'full-disk': {
    needs: 'disks',
    durationMs: [2_000, 8_000],
    async begin(context) {
      await nothing()
      const { id } = anyNode(context)
      const { disks } = context.bed
      disks?.fill(id)
      return {
        detail: `the disk of node ${id} is full`,
        async heal() {
          await nothing()
          disks?.empty(id)
        },
      }
    },
  },
} as const satisfies Record<string, Fault>

const otherFaults = {
  'bit-flip': {
    needs: 'samsa',
    durationMs: [0, 2_000],
    async begin(context) {
      const node = anyNode(context)
      await node.kill9()
      const detail = flipBit(node.dataDir, context.topic, context.random)
      return { detail: `node ${node.id}, killed: ${detail}`, heal: () => node.start() }
    },
  },
  clock: {
    needs: 'samsa',
    durationMs: [1_000, 8_000],
    async begin(context) {
      await nothing()
      const { id } = anyNode(context)
      const offsetMs = context.random.pick([-hourMs, -30_000, 30_000, hourMs, 24 * hourMs])
      context.bed.shiftClock(id, offsetMs)
      return {
        detail: `the clock of node ${id} is off by ${offsetMs / 1_000} s`,
        async heal() {
          await nothing()
          context.bed.shiftClock(id, 0)
        },
      }
    },
  },
  elect: {
    needs: 'processes',
    durationMs: [0, 500],
    async begin({ bed }) {
      await bed.admin.electPreferred()
      return { detail: 'preferred leaders for all partitions', heal: nothing }
    },
  },
  reassign: {
    needs: 'processes',
    durationMs: [500, 4_000],
    async begin({ bed, random, topic }) {
      const partitions = await bed.admin.partitions(topic)
      const ids = bed.cluster.nodes.map(({ id }) => id)
      const shuffled = new Map(
        partitions.map(({ partition }) => {
          const order = [...ids].sort(() => random.next() - 0.5)
          return [partition, order.slice(0, 2 + random.below(2))]
        }),
      )
      const whole = new Map(
        [...shuffled].map(([partition, some]) => [partition, [...new Set([...some, ...ids])]]),
      )
      await bed.admin.reassign(topic, shuffled)
      return {
        detail: `replicas ${[...shuffled.values()].map((some) => some.join(',')).join(' ')}`,
        heal: () => bed.admin.reassign(topic, whole),
      }
    },
  },
} as const satisfies Record<string, Fault>

export const faults = {
  ...processFaults,
  ...networkFaults,
  ...diskFaults,
  ...otherFaults,
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof faults
export const faultNames = Object.keys(faults) as FaultName[]
