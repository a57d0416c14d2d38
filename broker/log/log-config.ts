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
  | 'fileDeleteDelayMs'
  | 'flushMessages'
  | 'flushMs'
  | 'indexIntervalBytes'
  | 'maxMessageBytes'
  | 'messageTimestampAfterMaxMs'
  | 'messageTimestampBeforeMaxMs'
  | 'messageTimestampType'
  | 'preallocate'
  | 'retentionBytes'
  | 'retentionMs'
  | 'segmentBytes'
  | 'segmentIndexBytes'
  | 'segmentJitterMs'
  | 'segmentMs'
>
