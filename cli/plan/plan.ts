// Plans of where replicas and leaders should be. Pure: the same cluster gives the same plan, and a
// plan of what a plan made is empty.

import { Layout } from './layout.ts'
import { evenLeaderBytes, evenLeaders } from './leaders.ts'
import { type Move, type Plan, type PlanBroker, PlanError, type PlanPartition } from './model.ts'
import { evenBytes, evenCounts, leaveOthers, resize, spreadRacks } from './replicas.ts'

export interface PlanRequest {
  /** All brokers of the cluster. */
  readonly brokers: readonly PlanBroker[]
  /** The brokers that partitions may be on. */
  readonly targets: readonly number[]
  /** Brokers that keep what they have, if only targets get more; the targets by default. */
  readonly keepers?: readonly number[]
  /** All that count when loads are compared. */
  readonly partitions: readonly PlanPartition[]
  /** Those among them that may move; all by default. */
  readonly isMovable?: (partition: PlanPartition) => boolean
  /** Of every partition that may move; as it is by default. */
  readonly replicationFactor?: number
  /** Only who leads changes; no replica moves. */
  readonly leadersOnly?: boolean
  /** Nothing is evened out beyond what has to move. */
  readonly onlyNeeded?: boolean
}

export function makePlan(request: PlanRequest): Plan {
  const { replicationFactor, leadersOnly = false, onlyNeeded = false } = request
  if (request.targets.length === 0) throw new PlanError('there is no broker to plan for')
  const layout = new Layout(request.partitions, request)
  const before = layout.loads(request.brokers.map(({ id }) => id))
  if (!leadersOnly) {
    leaveOthers(layout, request.keepers ?? layout.targets)
    if (replicationFactor !== undefined) resize(layout, replicationFactor)
  }
  if (onlyNeeded) return planOf(layout, request, before)
  if (!leadersOnly) {
    spreadRacks(layout)
    evenCounts(layout)
    evenBytes(layout)
  }
  evenLeaders(layout)
  evenLeaderBytes(layout)
  return planOf(layout, request, before)
}

/** The plan that an operator has written: as it is, with what it changes. */
export function givenPlan(
  request: Pick<PlanRequest, 'brokers' | 'partitions'>,
  wanted: readonly { topic: string; index: number; replicas: readonly number[] }[],
): Plan {
  const targets = request.brokers.map(({ id }) => id)
  const layout = new Layout(request.partitions, { brokers: request.brokers, targets })
  const before = layout.loads()
  const items = new Map(layout.items.map((item) => [keyOf(item.partition), item]))
  for (const one of wanted) {
    const item = items.get(keyOf(one))
    if (item === undefined) throw new PlanError(`there is no partition ${one.topic}-${one.index}`)
    const unknown = one.replicas.find((id) => !targets.includes(id))
    if (unknown !== undefined) {
      throw new PlanError(`${one.topic}-${one.index}: there is no broker ${unknown}`)
    }
    if (one.replicas.length === 0 || new Set(one.replicas).size < one.replicas.length) {
      throw new PlanError(`${one.topic}-${one.index}: its replicas must be different brokers`)
    }
    layout.setReplicas(item, one.replicas)
  }
  return planOf(layout, request, before)
}

function planOf(
  layout: Layout,
  { brokers }: Pick<PlanRequest, 'brokers'>,
  before: Plan['before'],
): Plan {
  const moves: Move[] = []
  let copiedBytes = 0
  for (const { partition, replicas } of layout.items) {
    if (isSame(partition.replicas, replicas)) continue
    moves.push({ partition, to: replicas })
    const added = replicas.filter((id) => !partition.replicas.includes(id))
    copiedBytes += added.length * partition.sizeBytes
  }
  return { moves, before, after: layout.loads(brokers.map(({ id }) => id)), copiedBytes }
}

function isSame(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((id, index) => id === other[index])
}

function keyOf({ topic, index }: { topic: string; index: number }): string {
  return `${topic}-${index}`
}
