// How files and folders of a log are named: Kafka's names, which its tools expect.

import { directoryNameMax } from './limits.ts'

export const fileSuffix = {
  log: '.log',
  offsetIndex: '.index',
  timeIndex: '.timeindex',
  transactionIndex: '.txnindex',
  producerSnapshot: '.snapshot',
} as const

export type FileSuffix = (typeof fileSuffix)[keyof typeof fileSuffix]

/** Appended to a file's name when it no longer belongs to the log and waits for its removal. */
export const deletedSuffix = '.deleted'
/** What the cleaner is writing: of no use after a crash. */
export const cleanedSuffix = '.cleaned'
/** What the cleaner has written, on its way into the log: a start goes on with it. */
export const swapSuffix = '.swap'
/** Ends the name of a partition's folder that waits for its removal. */
const deletedDirectorySuffix = '-delete'

export const leaderEpochFile = 'leader-epoch-checkpoint'
export const partitionMetadataFile = 'partition.metadata'
export const recoveryPointFile = 'recovery-point-offset-checkpoint'
export const logStartOffsetFile = 'log-start-offset-checkpoint'
export const highWatermarkFile = 'replication-offset-checkpoint'
export const cleanerCheckpointFile = 'cleaner-offset-checkpoint'
export const metaPropertiesFile = 'meta.properties'
export const cleanShutdownFile = '.kafka_cleanshutdown'
/** The controller's log, named like a partition as in Kafka: not a log of ours. */
export const metadataLogFolder = '__cluster_metadata-0'

const offsetDigits = 20

export function offsetFileName(offset: number, suffix: FileSuffix): string {
  return String(offset).padStart(offsetDigits, '0') + suffix
}

/** Null for a name that is not an offset and one of the known suffixes. */
export function parseOffsetFileName(name: string): { offset: number; suffix: FileSuffix } | null {
  const match = /^(\d{20})(\.(?:log|index|timeindex|txnindex|snapshot))$/.exec(name)
  if (match === null) return null
  const offset = Number(match[1])
  if (!Number.isSafeInteger(offset)) return null
  return { offset, suffix: match[2] as FileSuffix }
}

export function partitionDirectoryName(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** Null for a folder that is no partition's (also one that waits for its removal). */
export function parsePartitionDirectory(name: string): { topic: string; partition: number } | null {
  const match = /^([a-zA-Z0-9._-]+)-(\d{1,10})$/.exec(name)
  if (match === null || match[1] === undefined) return null
  return { topic: match[1], partition: Number(match[2]) }
}

/** A name that no live partition has; `unique` keeps two deletions of one partition apart. */
export function deletedDirectoryName(topic: string, partition: number, unique: string): string {
  const end = `-${partition}.${unique}${deletedDirectorySuffix}`
  return topic.slice(0, directoryNameMax - end.length) + end
}

export function isDeletedDirectory(name: string): boolean {
  return name.endsWith(deletedDirectorySuffix) && name.includes('.')
}
