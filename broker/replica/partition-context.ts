// What every partition of a node shares: who it is, time, the metadata's view of brokers, and whom
// to tell. The replica manager makes one.

import type { BrokerId } from '@samsa/controller/image'
import type { Clock, Timers } from '../clock.ts'
import type { LogEvents } from '../log/log-manager.ts'
import type { CommitTimeouts } from './commit-waits.ts'
import type { IsrProposal } from './isr-state.ts'
import type { BrokersView } from './leader-state.ts'
import type { Leading } from './leading.ts'
import type { PeerLinks } from './peer-link.ts'
import type { ReplicaMetrics } from './replica-metrics.ts'

export interface PartitionContext {
  readonly nodeId: BrokerId
  readonly clock: Clock
  readonly timers: Timers
  readonly events: LogEvents
  readonly brokers: BrokersView
  readonly timeouts: CommitTimeouts
  readonly links: PeerLinks
  readonly metrics: ReplicaMetrics
  /** Whether the metadata knows this process: before, its roles are those of its former self. */
  isRegistered(): boolean
  lagTimeMaxMs(): number
  minInsyncReplicas(topic: string): number
  /** Asks the controller; the leader hears of the answer. */
  askForIsr(leading: Leading, proposal: IsrProposal): void
}
