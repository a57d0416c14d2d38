// What the suites need to know of a server program: how to lay a cluster out, how to start a node
// of it, and its process. The two implementations are samsa-server.ts and kafka-server.ts;
// cluster.ts picks one.

export interface NodePlan {
  /** 1, 2, 3... */
  id: number
  host: string
  port: number
  /** Where clients are told to find it, when not where it listens. */
  advertisedPort?: number
  /** A directory of this node's own; the server may lay it out as it likes. */
  dir: string
  /** Where the data goes, when not into `dir`: a small or slow disk. */
  dataDir?: string | undefined
  /** Put before the server's command: it makes the node run in a network of its own. */
  launcher: readonly string[]
  env: Readonly<Record<string, string>>
  /** Not a voter of the first quorum: it starts later and joins. */
  joins: boolean
}

export interface ClusterPlan {
  nodes: readonly NodePlan[]
  /** Lines for the server.properties of every node, beyond what makes it a cluster. */
  configs: Readonly<Record<string, string>>
}

export interface RunningServer {
  /** The process that serves; the one that kill -9 hits. */
  pid: number
  /** Ends the server at once, with no chance to write anything. */
  kill9(): Promise<void>
  /** Asks the server to stop and returns its exit code. */
  stop(): Promise<number | null>
}

export interface ServerProgram {
  /** Ports beside the listener's own, as distances from it. */
  portOffsets: readonly number[]
  /** Writes the configuration of every node, and what else its first start needs. */
  prepare(plan: ClusterPlan): Promise<void>
  /** Resolves when the node serves. */
  start(node: NodePlan, plan: ClusterPlan): Promise<RunningServer>
  /** The directory that holds the `topic-partition` directories. */
  logDir(node: NodePlan): string
  /** Where others reach the node's controller. */
  controllerPort(node: NodePlan): number
  /** Takes everything from a stopped node but its configuration: a new disk in its place. */
  wipe(node: NodePlan): Promise<void>
}

// Generous: the suites also run on machines that are busy with other work.
export const readyTimeoutMs = 120_000
export const stopTimeoutMs = 60_000

/** Replicas of a topic in a cluster of so many nodes. */
export function replicasIn(nodes: number): number {
  return Math.min(nodes, 3)
}

/** What the internal topics and new topics need to live in a cluster of this size. */
export function replicationConfigs(nodes: number): Record<string, string> {
  const replicas = String(replicasIn(nodes))
  const inSync = String(Math.max(1, replicasIn(nodes) - 1))
  return {
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    ...(nodes === 1
      ? {}
      : { 'default.replication.factor': replicas, 'min.insync.replicas': inSync }),
  }
}

/** The text of a properties file. */
export function propertiesText(settings: Readonly<Record<string, string>>): string {
  return `${Object.entries(settings)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`
}
