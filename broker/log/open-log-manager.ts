// The log manager over real log directories: the table of logs, placement, deletion, and the work
// that recurs (retention, checkpoints, expiry of producers). One directory's failure never reaches
// another's logs.

import { dirname, join } from 'node:path'
import { DirectoryLockedError } from '../disk/directory-lock.ts'
import type { Disk } from '../disk/disk.ts'
import { isDiskFull } from '../disk/disk-errors.ts'
import { randomUuid } from '../uuid.ts'
import { Background } from './background.ts'
import { ForeignDirectoryError } from './checkpoint/meta-properties.ts'
import { writePartitionMetadata } from './checkpoint/partition-metadata.ts'
import { LogCleaner } from './cleaner/log-cleaner.ts'
import { closeDirectory, describeDirectory } from './directory-closer.ts'
import { openDirectory } from './directory-opener.ts'
import { DiskPartitionLog } from './disk-partition-log.ts'
import { deletedDirectoryName, partitionDirectoryName } from './file-names.ts'
import { IndexPages } from './index/index-pages.ts'
import { openFilesMax } from './limits.ts'
import type { LogConfig } from './log-config.ts'
import type { LogDirectory } from './log-directory.ts'
import { storageError } from './log-errors.ts'
import { loadLog } from './log-loader.ts'
import type {
  DamagedLog,
  LogDirectoryDescription,
  LogManager,
  LogManagerOptions,
} from './log-manager.ts'
import { OpenFiles } from './open-files.ts'
import type { PartitionLog, TopicId } from './partition-log.ts'
import { RecurringWork } from './recurring-work.ts'
import { SerialTasks } from './serial-tasks.ts'

/** Rejects when a directory is another node's, or none can be used. */
export async function openLogManager(disk: Disk, options: LogManagerOptions): Promise<LogManager> {
  const manager = new DiskLogManager(disk, options)
  await manager.open()
  return manager
}

/** Not ours to use: no fault of the disk, but of how the node was started. */
function isOfAnother(error: Error): boolean {
  return error instanceof ForeignDirectoryError || error instanceof DirectoryLockedError
}

class DiskLogManager implements LogManager {
  readonly #disk: Disk
  readonly #options: LogManagerOptions
  readonly #directories: LogDirectory[] = []
  /** Directories that could not be opened, and why. */
  readonly #unopened: { readonly path: string; readonly error: Error }[] = []
  readonly #damaged = new Map<string, DamagedLog>()
  /** Logs being made, by where. */
  readonly #creating = new Map<LogDirectory, number>()
  readonly #failureListeners: ((directoryId: string, error: Error) => void)[] = []
  /** Creations and deletions of one partition follow each other. */
  readonly #changes = new Map<string, SerialTasks>()
  readonly #recurring: RecurringWork
  readonly #background: Background
  readonly cleaner: LogCleaner
  #closing: Promise<void> | null = null

  constructor(disk: Disk, options: LogManagerOptions) {
    this.#disk = disk
    this.#options = options
    const onError = (what: string, error: unknown) => {
      options.events.warn({ what, error }, 'work on logs in the background failed')
    }
    this.#recurring = new RecurringWork(options.timers, onError)
    this.#background = new Background(options.timers, onError)
    this.cleaner = new LogCleaner({
      ...options,
      logs: () => this.all(),
      worker: options.cleanWorker,
      config: () => options.config().cleaner,
    })
  }

  async open(): Promise<void> {
    const { clock, timers, random, events, config, logDirs } = this.#options
    const context = { files: new OpenFiles(this.#disk, openFilesMax), pages: new IndexPages() }
    const shared = { context, config, clock, timers, random, events }
    const onFailure = (directory: LogDirectory, error: Error) => this.#onFailure(directory, error)
    for (const path of logDirs) {
      try {
        const options = { ...shared, onFailure }
        const opened = await openDirectory(path, this.#options, options, randomUuid)
        this.#directories.push(opened.directory)
        for (const damaged of opened.damaged) {
          this.#damaged.set(partitionDirectoryName(damaged.topic, damaged.partition), damaged)
        }
      } catch (error) {
        if (!(error instanceof Error) || isOfAnother(error)) {
          for (const directory of this.#directories) await directory.unlock()
          throw error
        }
        this.#unopened.push({ path, error })
        events.error({ directory: path, error }, 'a log directory cannot be opened and is offline')
      }
    }
    const [firstFailure] = this.#unopened
    if (this.#directories.length === 0 && firstFailure !== undefined) throw firstFailure.error
    this.#startRecurring()
    this.cleaner.start()
  }

  #onFailure(directory: LogDirectory, error: Error): void {
    // After the log that met the error has refused what waits for it.
    queueMicrotask(() => {
      for (const listener of this.#failureListeners) listener(directory.directoryId, error)
    })
  }

  get #online(): LogDirectory[] {
    return this.#directories.filter((directory) => directory.online)
  }

  get onlineDirectoryIds(): readonly string[] {
    return this.#online.map((directory) => directory.directoryId)
  }

  get damaged(): readonly DamagedLog[] {
    return [...this.#damaged.values()]
  }

  get pendingBytes(): number {
    return this.#directories.reduce((sum, directory) => sum + directory.turn.pendingBytes, 0)
  }

  get full(): boolean {
    return this.#online.some((directory) => directory.full)
  }

  get(topic: string, partition: number): DiskPartitionLog | undefined {
    return this.#find(partitionDirectoryName(topic, partition))?.log
  }

  #find(name: string): { log: DiskPartitionLog; directory: LogDirectory } | undefined {
    for (const directory of this.#directories) {
      const log = directory.logs.get(name)
      if (log !== undefined) return { log, directory }
    }
    return undefined
  }

  *all(): Generator<DiskPartitionLog> {
    for (const directory of this.#directories) yield* directory.logs.values()
  }

  getOrCreate(
    topic: string,
    topicId: TopicId,
    partition: number,
    config: LogConfig,
  ): Promise<PartitionLog> {
    const name = partitionDirectoryName(topic, partition)
    return this.#change(name, async () => {
      const found = this.#find(name)
      if (found !== undefined && found.log.topicId === topicId) {
        if (!found.log.online) throw storageError(`${found.log.directory} is offline`)
        found.log.setConfig(config)
        return found.log
      }
      const damaged = this.#damaged.get(name)
      const isOurs = damaged?.topicId === topicId || damaged?.topicId === null
      if (damaged !== undefined && isOurs) throw storageError(damaged.error.message, damaged.error)
      await this.#remove(topic, partition)
      return this.#create({ topic, topicId, partition }, config)
    })
  }

  async #create(
    identity: { topic: string; topicId: TopicId; partition: number },
    config: LogConfig,
  ): Promise<DiskPartitionLog> {
    const home = this.#emptiest()
    // Counted from now on: those that are made at the same time must not all come here.
    this.#creating.set(home, (this.#creating.get(home) ?? 0) + 1)
    try {
      return await this.#createIn(home, identity, config)
    } finally {
      this.#creating.set(home, (this.#creating.get(home) ?? 0) - 1)
    }
  }

  async #createIn(
    home: LogDirectory,
    identity: { topic: string; topicId: TopicId; partition: number },
    config: LogConfig,
  ): Promise<DiskPartitionLog> {
    const name = partitionDirectoryName(identity.topic, identity.partition)
    const directory = join(home.path, name)
    try {
      await this.#disk.makeDirectory(directory)
      await writePartitionMetadata(this.#disk, directory, identity.topicId)
      await home.syncEntries()
      const loaded = await loadLog({
        context: home.context,
        directory,
        config,
        clean: true,
        recoveryPoint: 0,
        logStartOffset: 0,
        cleanedTo: 0,
        producerIdExpirationMs: home.producerIdExpirationMs,
        nowMs: this.#options.clock.nowMs(),
        jitterMs: () => 0,
        events: this.#options.events,
      })
      const log = new DiskPartitionLog({ ...identity, directory }, config, loaded, home)
      home.logs.set(name, log)
      return log
    } catch (error) {
      if (isDiskFull(error)) home.noteFull(error)
      else home.fail(error)
      throw storageError(`${directory} could not be made`, error)
    }
  }

  #load(directory: LogDirectory): number {
    return directory.logs.size + (this.#creating.get(directory) ?? 0)
  }

  #emptiest(): LogDirectory {
    let best: LogDirectory | null = null
    for (const directory of this.#online) {
      if (best === null || this.#load(directory) < this.#load(best)) best = directory
    }
    if (best === null) throw storageError('no log directory is online')
    return best
  }

  delete(topic: string, partition: number): Promise<void> {
    const name = partitionDirectoryName(topic, partition)
    return this.#change(name, () => this.#remove(topic, partition))
  }

  async #remove(topic: string, partition: number): Promise<void> {
    const name = partitionDirectoryName(topic, partition)
    const found = this.#find(name)
    const path = found?.log.directory ?? this.#damaged.get(name)?.directory
    if (path === undefined) return
    const delayMs = found?.log.config.fileDeleteDelayMs ?? 0
    found?.directory.logs.delete(name)
    this.#damaged.delete(name)
    await found?.log.retire()
    if (found?.log.online === false) return
    const unique = randomUuid().replaceAll(/[-_]/g, '')
    const deleted = join(dirname(path), deletedDirectoryName(topic, partition, unique))
    await this.#disk.rename(path, deleted)
    this.#background.later('removing a deleted log', delayMs, () => this.#disk.remove(deleted))
  }

  async #change<T>(name: string, work: () => Promise<T>): Promise<T> {
    const tasks = this.#changes.get(name) ?? new SerialTasks()
    this.#changes.set(name, tasks)
    try {
      return await tasks.run(work)
    } finally {
      if (tasks.isIdle) this.#changes.delete(name)
    }
  }

  updateConfig(topic: string, config: LogConfig): void {
    for (const log of this.all()) if (log.topic === topic) log.setConfig(config)
  }

  async describe(): Promise<LogDirectoryDescription[]> {
    const descriptions = await Promise.all(this.#directories.map(describeDirectory))
    for (const { path } of this.#unopened) {
      const unknown = { directoryId: '', totalBytes: -1, usableBytes: -1, logs: [] }
      descriptions.push({ ...unknown, path, online: false })
    }
    return descriptions
  }

  onDirectoryFailure(listener: (directoryId: string, error: Error) => void): void {
    this.#failureListeners.push(listener)
  }

  #startRecurring(): void {
    const { config } = this.#options
    const each = (work: (directory: LogDirectory) => Promise<void>) => async () => {
      for (const directory of this.#online) await work(directory)
    }
    const start = this.#recurring.start.bind(this.#recurring)
    start(
      'retention',
      () => config().retentionCheckIntervalMs,
      () => this.#applyRetention(),
    )
    start(
      'recovery points',
      () => config().flushOffsetCheckpointIntervalMs,
      each((directory) => directory.checkpointRecoveryPoints()),
    )
    start(
      'log start offsets',
      () => config().flushStartOffsetCheckpointIntervalMs,
      each((directory) => directory.checkpointLogStartOffsets()),
    )
    start(
      'high watermarks',
      () => config().highWatermarkCheckpointIntervalMs,
      each((directory) => directory.checkpointHighWatermarks()),
    )
    start(
      'producer expiry',
      () => config().producerIdExpirationCheckIntervalMs,
      async () => {
        for (const log of this.all()) log.expireProducers()
      },
    )
  }

  async #applyRetention(): Promise<void> {
    for (const log of Array.from(this.all())) {
      // One log's trouble is told by the log and keeps no other from its turn.
      if (log.online) await log.applyRetention().catch(() => 0)
    }
  }

  close(options?: { brokerEpoch: number }): Promise<void> {
    this.#closing ??= this.#close(options?.brokerEpoch ?? -1)
    return this.#closing
  }

  async #close(brokerEpoch: number): Promise<void> {
    await this.cleaner.stop()
    await this.#recurring.stop()
    await this.#background.stop()
    for (const directory of this.#directories) await closeDirectory(directory, brokerEpoch)
  }
}
