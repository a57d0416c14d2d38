// This node's ties to the cluster: its own controller's thread where it has one, the metadata that
// it follows, and the requests it makes to the active controller.

import type { MessagePort } from 'node:worker_threads'
import type { BrokerConfig } from '../config/broker-config.ts'
import { OwnController } from '../controller-thread/own-controller.ts'
import { ControllerAddresses } from '../peer/controller-addresses.ts'
import { ControllerClient } from '../peer/controller-client.ts'
import type { PeerEvents } from '../peer/peer-events.ts'
import { bootstrapServers, staticVoters } from '../peer/quorum-addresses.ts'
import { systemClock, systemTimers } from '../system-time.ts'
import type { NodeIdentity } from './identity.ts'
import type { OpenedKeys } from './node-keys.ts'

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

/** The controller of this process. */
export interface ReachedController {
  readonly port: number
  readonly calls: MessagePort
}

export interface ControllerLinkOptions extends ClusterLinkOptions {
  /** This node's own controller, where it has one. */
  readonly own: ReachedController | null
  readonly keys: OpenedKeys
}

export function makeClusterLink(options: ControllerLinkOptions): ClusterLink {
  const { config, events, onFault, own } = options
  const { nodeId } = config
  const host = ownHost(config)
  const addresses = new ControllerAddresses({
    own: own && { nodeId, address: { host, port: own.port }, caller: new OwnController(own.calls) },
    voters: staticVoters(config),
    bootstrap: bootstrapServers(config),
    credentials: options.keys.toControllers,
  })
  const client = new ControllerClient({
    nodeId,
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
