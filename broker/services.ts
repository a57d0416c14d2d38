// What handlers may use, each through its interface. Wired once, in node.ts.

import type { Controller } from '@samsa/controller/controller'
import type { MetadataImage } from '@samsa/controller/image'
import type { Clock } from './clock.ts'
import type { BrokerConfig } from './config/broker-config.ts'
import type { GroupCoordinator } from './coordinator/group/group-coordinator.ts'
import type { ReplicaManager } from './replica/replica-manager.ts'

export interface Services {
  /** This node's settings now: static ones with dynamic changes applied. */
  config(): BrokerConfig
  metadata(): MetadataImage
  readonly controller: Controller
  readonly replicas: ReplicaManager
  readonly groups: GroupCoordinator
  readonly clock: Clock
}
