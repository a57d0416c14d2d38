// The keys by which this node calls others and is called, for one of its threads. Loads nothing of
// TLS where nodes talk in the clear.

import { type NodeCredentials, plainCredentials } from '@samsa/proto/grpc/credentials'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { TlsConfig } from '../config/listener-tls.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import type { NodeKeys } from '../security/tls/node-keys.ts'
import type { KeyEvents } from '../security/tls/watched-keys.ts'
import { systemClock, systemTimers } from '../system-time.ts'

export interface OpenedKeys {
  readonly toControllers: NodeCredentials
  readonly toBrokers: NodeCredentials
  /** For the gRPC servers of this node; null in the clear. */
  readonly ofControllers: NodeKeys | null
  readonly ofBrokers: NodeKeys | null
  close(): void
}

export const plainKeys: OpenedKeys = {
  toControllers: plainCredentials,
  toBrokers: plainCredentials,
  ofControllers: null,
  ofBrokers: null,
  close() {},
}

type Config = Pick<BrokerConfig, 'nodeId' | 'nodeSecurity'>

/** Rejects with what is wrong with the keys, and where. */
export async function openKeys(config: Config, events: KeyEvents): Promise<OpenedKeys> {
  const { controllers, brokers, controllerListener, brokerListener } = config.nodeSecurity
  const opened = new Map<string, NodeKeys>()
  const open = async (tls: TlsConfig | null, listener: string): Promise<NodeKeys | null> => {
    if (tls === null) return null
    const key = JSON.stringify(tls)
    const known = opened.get(key)
    if (known !== undefined) return known
    const keys = await openOne(config, { tls, listener, events })
    opened.set(key, keys)
    return keys
  }
  const close = () => {
    for (const keys of opened.values()) keys.close()
  }
  try {
    const ofControllers = await open(controllers, controllerListener)
    const ofBrokers = await open(brokers, brokerListener)
    const toControllers = await credentialsOf(ofControllers)
    const toBrokers = await credentialsOf(ofBrokers)
    return { toControllers, toBrokers, ofControllers, ofBrokers, close }
  } catch (error) {
    close()
    throw error
  }
}

async function openOne(
  { nodeId }: Config,
  { tls, ...rest }: { tls: TlsConfig; listener: string; events: KeyEvents },
): Promise<NodeKeys> {
  const { NodeKeys: Keys } = await import('../security/tls/node-keys.ts')
  const time = { clock: systemClock, timers: systemTimers }
  return Keys.open({ ...rest, ...time, nodeId, config: () => tls, disk: nodeDisk })
}

async function credentialsOf(keys: NodeKeys | null): Promise<NodeCredentials> {
  if (keys === null) return plainCredentials
  const { tlsCredentials } = await import('../peer/node-credentials.ts')
  return tlsCredentials(keys)
}
