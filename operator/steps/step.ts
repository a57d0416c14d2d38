// A step of reconciliation: looks at one aspect of a cluster, does what can be done about it now,
// and says how it stands. Steps do not depend on each other's success: one that fails leaves the
// others to their work, and its own condition says why.

import type { ClusterAdmin, ClusterFacts } from '../cluster/admin.ts'
import type { Exposed, ExposingService } from '../desired/addresses.ts'
import type { ClusterNode } from '../desired/names.ts'
import type { KnownNode } from '../desired/node-ids.ts'
import type { NodePorts } from '../desired/node-ports.ts'
import type { KubeClient } from '../kube/client.ts'
import type { EventRecorder } from '../kube/event-recorder.ts'
import type { Pod } from '../observe/pods.ts'
import type { VolumeClaim } from '../observe/volumes.ts'
import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import type { Finding } from '../status/conditions.ts'

/** Everything that one pass knows: read once at its start, so that all steps see the same. */
export interface Pass {
  readonly cluster: KafkaCluster
  readonly nodes: readonly ClusterNode[]
  /** Nodes that are to go once nothing needs them. */
  readonly surplus: readonly KnownNode[]
  /** All that clients may have to reach: those, and of these the ones whose pool there still is. */
  readonly reached: readonly ClusterNode[]
  readonly pods: ReadonlyMap<number, Pod>
  readonly claims: readonly VolumeClaim[]
  /** Null when the cluster cannot be asked, with why in `adminProblem`. */
  readonly live: ClusterFacts | null
  readonly adminProblem: string | null
  readonly admin: ClusterAdmin
  readonly client: KubeClient
  readonly events: EventRecorder
  /** Where clients from outside reach the brokers. */
  readonly exposed: Exposed
  /** What Services have, or had when they are gone. */
  readonly nodePorts: NodePorts
  /** Services as they are, by name. */
  readonly services: ReadonlyMap<string, ExposingService>
  readonly image: string
  readonly nowMs: number
  readonly signal: AbortSignal
}

export interface StepResult {
  readonly finding: Finding
  /** Look again after so long; null: when something changes. */
  readonly againMs: number | null
  /** Fields of the status that this step owns. */
  readonly status?: Partial<NonNullable<KafkaCluster['status']>>
}

export interface Step {
  /** The condition that it keeps. */
  readonly condition: string
  run(pass: Pass): Promise<StepResult>
}
