// The log manager of a node, with the node's settings and the system's disk and clocks.

import type { BrokerConfig } from '../config/broker-config.ts'
import type { CurrentConfig } from '../config/current-config.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import type { LogEvents, LogManager } from '../log/log-manager.ts'
import { openLogManager } from '../log/open-log-manager.ts'
import { systemClock, systemTimers } from '../system-time.ts'

export interface NodeLogsOptions {
  readonly file: BrokerConfig
  readonly current: CurrentConfig
  readonly clusterId: string
  readonly events: LogEvents
}

export function openNodeLogs(options: NodeLogsOptions): Promise<LogManager> {
  const { file, current, clusterId, events } = options
  return openLogManager(nodeDisk, {
    logDirs: file.logDirs,
    nodeId: file.nodeId,
    clusterId,
    config: () => {
      const { broker } = current
      return {
        retentionCheckIntervalMs: broker.logRetentionCheckIntervalMs,
        flushSchedulerIntervalMs: broker.logFlushSchedulerIntervalMs,
        flushOffsetCheckpointIntervalMs: broker.logFlushOffsetCheckpointIntervalMs,
        flushStartOffsetCheckpointIntervalMs: broker.logFlushStartOffsetCheckpointIntervalMs,
        highWatermarkCheckpointIntervalMs: broker.replicaHighWatermarkCheckpointIntervalMs,
        producerIdExpirationMs: broker.producerIdExpirationMs,
        producerIdExpirationCheckIntervalMs: broker.producerIdExpirationCheckIntervalMs,
        logDirReserveBytes: broker.logDirReserveBytes,
      }
    },
    topicConfig: (topic) => current.topic(topic),
    clock: systemClock,
    timers: systemTimers,
    random: Math.random,
    events,
  })
}
