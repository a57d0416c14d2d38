// This node's ties to the cluster: its own controller's thread where it has one, the metadata that
// it follows, and the requests it makes to the active controller.

import type { BrokerConfig } from '../config/broker-config.ts'
import { ControllerAddresses } from '../peer/controller-addresses.ts'
import { ControllerClient } from '../peer/controller-client.ts'
import type { PeerEvents } from '../peer/peer-events.ts'
import { bootstrapServers, staticVoters } from '../peer/quorum-addresses.ts'
import { systemClock, systemTimers } from '../system-time.ts'
import type { NodeIdentity } from './identity.ts'

export interface ClusterLink {
  readonly client: ControllerClient
  /** With the gRPC clients of the controllers. */
  readonly addresses: ControllerAddresses
}

export interface ClusterLinkOptions {
  readonly config: BrokerConfig
  readonly identity: NodeIdentity
  readonly incarnationId: string
  readonly events: PeerEvents
  readonly onFault: (error: Error) => void
}

/** A request to the controller is tried for so long, whatever the client's patience. */
const requestTimeoutMs = 10_000

export interface ControllerLinkOptions extends ClusterLinkOptions {
  /** The port of this node's own controller. */
  readonly ownPort: number | null
}

export function makeClusterLink(options: ControllerLinkOptions): ClusterLink {
  const { config, events, onFault, ownPort } = options
  const addresses = new ControllerAddresses({
    own: ownPort === null ? null : { host: ownHost(config), port: ownPort },
    voters: staticVoters(config),
    bootstrap: bootstrapServers(config),
  })
  const client = new ControllerClient({
    nodeId: config.nodeId,
    addresses,
    clock: systemClock,
    timers: systemTimers,
    events,
    onFault,
    requestTimeoutMs: () => requestTimeoutMs,
  })
  return { addresses, client }
}

/** By where it listens, and by the loopback where that is everywhere. */
function ownHost({ controllerListeners: [listener] }: BrokerConfig): string {
  const host = listener?.host ?? ''
  return host === '' || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
}
