// The metadata log of this node as a voter of the Raft quorum: on the system's disk and clocks, by
// the node's configuration, its events in the node's log.

import { join } from 'node:path'
import type { MetadataImage } from '@samsa/controller/image'
import type { QuorumEvents } from '@samsa/controller/quorum/quorum-options'
import { RaftMetadataLog } from '@samsa/controller/quorum/raft-metadata-log'
import type { NodeCredentials } from '@samsa/proto/grpc/credentials'
import { defaultRaftOptions } from '@samsa/raft/core/options'
import { NodeRaftDirectory } from '@samsa/raft/driver/node-directory'
import { systemClock as raftClock } from '@samsa/raft/driver/system-clock'
import type { BrokerConfig } from '../config/broker-config.ts'
import { metadataLogFolder } from '../log/file-names.ts'
import type { Address } from '../peer/controller-addresses.ts'
import type { GrpcServer } from '../peer/grpc-server.ts'
import type { PeerEvents } from '../peer/peer-events.ts'
import { bootstrapServers, staticVoters } from '../peer/quorum-addresses.ts'
import { systemClock } from '../system-time.ts'

export interface QuorumLogOptions {
  readonly config: BrokerConfig
  readonly directoryId: string
  readonly image: () => MetadataImage
  /** null: nobody else is to find it. */
  readonly ownAddress: () => Address
  /** Files of the log were found damaged, and are healed from the other voters. */
  readonly onDamage: () => void
  readonly events: PeerEvents
  readonly credentials: NodeCredentials
  readonly isNode: GrpcServer['isNode']
}

export function metadataLogPath({ metadataLogDir }: BrokerConfig): string {
  return join(metadataLogDir, metadataLogFolder)
}

export function makeQuorumLog(options: QuorumLogOptions): RaftMetadataLog {
  const { config, directoryId, image, ownAddress } = options
  const { nodeId } = config
  const voters = [...staticVoters(config)].map(([id, address]) => ({ nodeId: id, ...address }))
  const servers = bootstrapServers(config)
  // Told of nobody else, it is its own quorum.
  const isAlone = voters.length === 0 && servers.length === 0
  return new RaftMetadataLog({
    nodeId,
    directoryId,
    directory: new NodeRaftDirectory(metadataLogPath(config)),
    voters: isAlone ? [{ nodeId, host: '127.0.0.1', port: 0 }] : voters,
    bootstrapServers: servers,
    autoJoin: config.controllerQuorumAutoJoinEnable,
    ownAddress,
    clusterId: () => image().clusterId,
    registeredAddress: (id) => image().controllers.get(id)?.endpoints[0] ?? null,
    credentials: options.credentials,
    isNode: options.isNode,
    clock: raftClock,
    nowMs: systemClock.nowMs,
    random: Math.random,
    events: quorumEvents(options),
    timing: timing(config),
  })
}

/** Several heartbeats to the shortest election timeout: a late one costs no leader. */
function timing({ electionTimeoutMinMs, electionTimeoutSpreadMs }: BrokerConfig) {
  const { heartbeatMs } = defaultRaftOptions
  return {
    heartbeatMs: Math.max(1, Math.min(heartbeatMs, Math.floor(electionTimeoutMinMs / 5))),
    electionTimeoutMinMs,
    electionTimeoutMaxMs: electionTimeoutMinMs + Math.max(1, electionTimeoutSpreadMs),
  }
}

function quorumEvents({ events, onDamage }: QuorumLogOptions): QuorumEvents {
  return {
    forming: () => events.info({}, 'waiting for the other controllers, to form a quorum'),
    founding: () => events.info({}, 'founding the controller quorum'),
    waiting: (asks) =>
      events.info({ asks }, 'this controller has no part in a quorum yet, and waits to be added'),
    refused: (peer, reason) => events.warn({ peer, reason }, 'a controller refuses this one'),
    damaged: (what) => {
      onDamage()
      events.error({ what }, 'the metadata log is damaged: its content comes from the others')
    },
    diskFull: (isFull) =>
      isFull
        ? events.error({}, 'the disk of the metadata log is full: its writes wait for room')
        : events.info({}, 'the disk of the metadata log has room again'),
    quorumChanged: (voters) => events.info({ voters }, 'the controller quorum has changed'),
  }
}
