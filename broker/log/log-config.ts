// The topic settings that a log acts on. Topic-level names and meaning are Kafka's; the values come
// resolved.

import type { TopicConfig } from '../config/topic-configs.ts'

export type LogConfig = Pick<
  TopicConfig,
  | 'cleanupPolicy'
  | 'compressionType'
  | 'compressionGzipLevel'
  | 'compressionLz4Level'
  | 'compressionZstdLevel'
  | 'deleteRetentionMs'
  | 'fileDeleteDelayMs'
  | 'flushMessages'
  | 'flushMs'
  | 'indexIntervalBytes'
  | 'maxCompactionLagMs'
  | 'maxMessageBytes'
  | 'messageTimestampAfterMaxMs'
  | 'messageTimestampBeforeMaxMs'
  | 'messageTimestampType'
  | 'minCleanableDirtyRatio'
  | 'minCompactionLagMs'
  | 'preallocate'
  | 'retentionBytes'
  | 'retentionMs'
  | 'segmentBytes'
  | 'segmentIndexBytes'
  | 'segmentJitterMs'
  | 'segmentMs'
>
