// Brings one topic to what is wanted of it: made, grown, its replicas moved, its configs set. What
// is there already costs one look.

import { AdminError, type ClusterAdmin, type TopicFacts } from './admin.ts'

export interface WantedTopic {
  readonly name: string
  readonly partitions?: number
  readonly replicas?: number
  readonly config?: Readonly<Record<string, number | string>>
}

export interface KeptTopic {
  readonly facts: TopicFacts | null
  /** Partitions whose number of replicas is not the wanted one yet. */
  readonly reassigning: number
  /** Why it is not as wanted and will not become so by itself. */
  readonly problem: string | null
}

export async function keepTopic(
  admin: ClusterAdmin,
  wanted: WantedTopic,
  signal: AbortSignal,
): Promise<KeptTopic> {
  try {
    return await keep(admin, wanted, signal)
  } catch (error) {
    if (!(error instanceof AdminError) || error.code === 'UNREACHABLE') throw error
    return { facts: null, reassigning: 0, problem: error.message }
  }
}

async function keep(
  admin: ClusterAdmin,
  wanted: WantedTopic,
  signal: AbortSignal,
): Promise<KeptTopic> {
  const { name, partitions = -1, replicas = -1 } = wanted
  const config = Object.fromEntries(
    Object.entries(wanted.config ?? {}).map(([key, value]) => [key, String(value)]),
  )
  const present = await admin.topic(name, signal)
  if (present === null) {
    await admin.createTopic({ name, partitions, replicas, config }, signal)
    return { facts: await admin.topic(name, signal), reassigning: 0, problem: null }
  }
  const count = present.partitions.length
  if (partitions >= 0 && partitions < count) {
    const problem = `it has ${count} partitions, and ${partitions} would be fewer: that cannot be`
    return { facts: present, reassigning: 0, problem }
  }
  if (partitions > count) await admin.createPartitions(name, partitions, signal)
  if (!sameConfig(present.config, config)) await admin.setTopicConfig(name, config, signal)
  const changed = partitions > count ? await admin.topic(name, signal) : present
  const other = (changed ?? present).partitions.filter(
    (partition) => replicas >= 0 && partition.replicas.length !== replicas,
  )
  return { facts: changed, reassigning: other.length, problem: null }
}

function sameConfig(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name])
}
