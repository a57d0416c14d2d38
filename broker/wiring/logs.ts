// The log manager of a node, with the node's settings and the system's disk and clocks.

import { CleanerThread } from '../cleaner-thread/cleaner-thread.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { CurrentConfig } from '../config/current-config.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import type { CleanerConfig } from '../log/cleaner/log-cleaner.ts'
import type { LogEvents, LogManager } from '../log/log-manager.ts'
import { openLogManager } from '../log/open-log-manager.ts'
import { systemClock, systemTimers } from '../system-time.ts'

export interface NodeLogsOptions {
  readonly file: BrokerConfig
  readonly current: CurrentConfig
  readonly clusterId: string
  readonly events: LogEvents
}

export async function openNodeLogs(options: NodeLogsOptions): Promise<LogManager> {
  const { file, current, clusterId, events } = options
  const thread = new CleanerThread(systemTimers)
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
        cleaner: cleanerConfig(broker),
      }
    },
    topicConfig: (topic) => current.topic(topic),
    clock: systemClock,
    timers: systemTimers,
    random: Math.random,
    events,
    cleanWorker: thread,
  })
}

function cleanerConfig(broker: BrokerConfig): CleanerConfig {
  return {
    enabled: broker.logCleanerEnable,
    backoffMs: broker.logCleanerBackoffMs,
    limits: {
      mapBytes: broker.logCleanerDedupeBufferBytes,
      mapLoadFactor: broker.logCleanerIoBufferLoadFactor,
      ioBytes: broker.logCleanerIoBufferBytes,
      bytesPerSecond: broker.logCleanerIoMaxBytesPerSecond,
    },
  }
}
