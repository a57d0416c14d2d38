// Opens one log directory at start: claims it, reads its checkpoints, loads or recovers every log
// in it, and keeps apart those whose data is damaged. After a clean stop nothing is scanned; the
// mark of it is used up first.

import { join } from 'node:path'
import { isSystemError } from '../disk/disk-errors.ts'
import { claimDirectory } from './checkpoint/meta-properties.ts'
import { readPartitionMetadata } from './checkpoint/partition-metadata.ts'
import { DiskPartitionLog } from './disk-partition-log.ts'
import {
  cleanShutdownFile,
  isDeletedDirectory,
  metadataLogFolder,
  parsePartitionDirectory,
  partitionMetadataFile,
} from './file-names.ts'
import { openLogsAtOnce } from './limits.ts'
import { type DirectoryOptions, LogDirectory } from './log-directory.ts'
import { loadLog } from './log-loader.ts'
import type { DamagedLog, LogManagerOptions } from './log-manager.ts'
import type { TopicId } from './partition-log.ts'

export interface OpenedDirectory {
  readonly directory: LogDirectory
  readonly damaged: readonly DamagedLog[]
}

type Shared = Omit<DirectoryOptions, 'path' | 'directoryId' | 'unlock'>

export async function openDirectory(
  path: string,
  options: LogManagerOptions,
  shared: Shared,
  newDirectoryId: () => string,
): Promise<OpenedDirectory> {
  const { disk } = shared.context.files
  await disk.makeDirectory(path)
  const unlock = await disk.lock(path)
  try {
    const { directoryId } = await claimDirectory(disk, path, options, newDirectoryId)
    const directory = new LogDirectory({ ...shared, path, directoryId, unlock })
    const opener = new DirectoryOpener(directory, options)
    return { directory, damaged: await opener.open() }
  } catch (error) {
    await unlock()
    throw error
  }
}

class DirectoryOpener {
  readonly #directory: LogDirectory
  readonly #options: LogManagerOptions
  readonly #damaged: DamagedLog[] = []
  #clean = false
  #recoveryPoints: ReadonlyMap<string, number> = new Map()
  #logStartOffsets: ReadonlyMap<string, number> = new Map()
  #highWatermarks: ReadonlyMap<string, number> = new Map()
  #cleanerOffsets: ReadonlyMap<string, number> = new Map()

  constructor(directory: LogDirectory, options: LogManagerOptions) {
    this.#directory = directory
    this.#options = options
  }

  async open(): Promise<readonly DamagedLog[]> {
    const { disk, path, recoveryPoints, logStartOffsets, highWatermarks } = this.#directory
    const names = await disk.list(path)
    this.#clean = names.includes(cleanShutdownFile)
    if (this.#clean) await this.#useUpCleanMark()
    const warn = (error: Error) =>
      this.#options.events.warn({ directory: path, error }, 'a checkpoint is damaged and not used')
    this.#recoveryPoints = await recoveryPoints.read(warn)
    this.#logStartOffsets = await logStartOffsets.read(warn)
    this.#highWatermarks = await highWatermarks.read(warn)
    this.#cleanerOffsets = await this.#directory.cleanerOffsets.read(warn)
    const partitions = names.filter(
      (name) => name !== metadataLogFolder && parsePartitionDirectory(name) !== null,
    )
    await this.#removeDeleted(names)
    await forEachAtOnce(partitions, openLogsAtOnce, (name) => this.#openLog(name))
    await this.#directory.checkSpace()
    return this.#damaged
  }

  /** Before anything is written: a crash from here on must be recovered from. */
  async #useUpCleanMark(): Promise<void> {
    const { disk, path } = this.#directory
    await disk.remove(join(path, cleanShutdownFile))
    await disk.syncDirectory(path)
  }

  async #removeDeleted(names: readonly string[]): Promise<void> {
    const { disk, path } = this.#directory
    for (const name of names) if (isDeletedDirectory(name)) await disk.remove(join(path, name))
  }

  async #openLog(name: string): Promise<void> {
    const parsed = parsePartitionDirectory(name)
    if (parsed === null) return
    const { disk, path, logs } = this.#directory
    const directory = join(path, name)
    const status = await disk.status(directory)
    if (status?.kind !== 'directory') return
    const topicId = await readPartitionMetadata(disk, directory)
    if (topicId === null) {
      if (await this.#isUnfinished(directory)) return disk.remove(directory)
      const error = new Error(`${directory} has files but no partition.metadata`)
      this.#keepApart(parsed, null, directory, error)
      return
    }
    try {
      logs.set(name, await this.#load(name, { ...parsed, topicId, directory }))
    } catch (error) {
      // The disk's errors concern the whole directory, those of the data this log alone.
      if (isSystemError(error) || !(error instanceof Error)) throw error
      this.#keepApart(parsed, topicId, directory, error)
    }
  }

  /**
   * The folder was being made when the node stopped: it has nothing but the beginnings of
   * partition.metadata.
   */
  async #isUnfinished(directory: string): Promise<boolean> {
    const names = await this.#directory.disk.list(directory)
    return names.every((name) => name.startsWith(partitionMetadataFile))
  }

  #keepApart(
    { topic, partition }: { topic: string; partition: number },
    topicId: TopicId | null,
    directory: string,
    error: Error,
  ): void {
    this.#damaged.push({ topic, partition, topicId, directory, error })
    const fields = { topic, partition, directory, error }
    this.#options.events.error(
      fields,
      'a log is damaged: the partition is offline, its files are kept',
    )
  }

  async #load(
    name: string,
    identity: { topic: string; partition: number; topicId: TopicId; directory: string },
  ): Promise<DiskPartitionLog> {
    const { clock, random, events, topicConfig } = this.#options
    const config = topicConfig(identity.topic)
    const logStartOffset = this.#logStartOffsets.get(name) ?? 0
    const loaded = await loadLog({
      context: this.#directory.context,
      directory: identity.directory,
      config,
      clean: this.#clean,
      recoveryPoint: this.#recoveryPoints.get(name) ?? 0,
      logStartOffset,
      cleanedTo: this.#cleanerOffsets.get(name) ?? 0,
      producerIdExpirationMs: this.#directory.producerIdExpirationMs,
      nowMs: clock.nowMs(),
      jitterMs: () => Math.floor(random() * Math.min(config.segmentJitterMs, config.segmentMs)),
      events,
    })
    const log = new DiskPartitionLog(identity, config, loaded, this.#directory)
    log.updateHighWatermark(this.#highWatermarks.get(name) ?? loaded.logStartOffset)
    return log
  }
}

async function forEachAtOnce<T>(
  items: readonly T[],
  atOnce: number,
  action: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values()
  const worker = async () => {
    for (const item of rest) await action(item)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
}
