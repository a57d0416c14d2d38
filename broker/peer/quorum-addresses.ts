// Where the configuration says that controllers are.

import type { BrokerConfig } from '../config/broker-config.ts'
import { parseHostPort } from '../config/checks.ts'
import type { Address } from './controller-addresses.ts'

/** controller.quorum.voters, by node id. */
export function staticVoters(config: BrokerConfig): ReadonlyMap<number, Address> {
  const voters = new Map<number, Address>()
  for (const entry of config.controllerQuorumVoters) {
    const [id = '', text = ''] = entry.split('@')
    const address = parseHostPort(text)
    if (address !== null) voters.set(Number(id), address)
  }
  return voters
}

/** controller.quorum.bootstrap.servers */
export function bootstrapServers(config: BrokerConfig): Address[] {
  return config.controllerQuorumBootstrapServers.flatMap((text) => parseHostPort(text) ?? [])
}

/** Whether this node knows of no other: what only talks to others may wait until there are some. */
export function isAlone(config: BrokerConfig): boolean {
  const isOnlyVoter = staticVoters(config).size <= 1 && bootstrapServers(config).length === 0
  return config.isController && isOnlyVoter
}
