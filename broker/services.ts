// What handlers may use, each through its interface. Wired once, in node.ts.

import type { Controller } from '@samsa/controller/controller'
import type { MetadataImage } from '@samsa/controller/image'
import type { TrafficMetrics } from './admin/traffic-metrics.ts'
import type { Authorizer } from './authorization/authorizer.ts'
import type { Clock, Timers } from './clock.ts'
import type { BrokerConfig } from './config/broker-config.ts'
import type { TopicConfig } from './config/topic-configs.ts'
import type { GroupCoordinator } from './coordinator/group/group-coordinator.ts'
import type { TransactionCoordinator } from './coordinator/transaction/transaction-coordinator.ts'
import type { TransactionJoins } from './coordinator/transaction/transaction-joins.ts'
import type { ProducerIds } from './producer-ids.ts'
import type { ClientQuotas } from './quota/client-quotas.ts'
import type { ReplicaManager } from './replica/replica-manager.ts'
import type { DelegationTokens } from './security/sasl/delegation-tokens.ts'
import type { LogIn } from './security/sasl/log-in.ts'
import type { ClientTelemetry } from './telemetry/client-telemetry.ts'

export interface AdvertisedApi {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

export interface SupportedFeature {
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
}

export interface Services {
  readonly nodeId: number
  /** This node's settings now: static ones with dynamic changes applied. */
  config(): BrokerConfig
  /**
   * A topic's settings now: its overrides over this node's. Defaults for a topic that does not
   * exist.
   */
  topicConfig(topic: string): TopicConfig
  metadata(): MetadataImage
  readonly controller: Controller
  readonly replicas: ReplicaManager
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly transactionJoins: TransactionJoins
  readonly producerIds: ProducerIds
  /** Null: everybody may do everything. */
  authorizer(): Authorizer | null
  readonly delegationTokens: DelegationTokens
  /** The log-ins of connections on SASL listeners. */
  readonly logIn: LogIn
  /** What clients are held to. */
  readonly quotas: ClientQuotas
  readonly clock: Clock
  readonly timers: Timers
  readonly metrics: TrafficMetrics
  /** What clients tell of themselves. */
  readonly telemetry: ClientTelemetry
  readonly advertisedApis: readonly AdvertisedApi[]
  readonly supportedFeatures: readonly SupportedFeature[]
}
