// All logs of a simulated broker: opens what its disk has, makes what it is asked for.

import type { LogConfig } from '@samsa/broker/log/log-config'
import type { LogDirectoryDescription, LogManager } from '@samsa/broker/log/log-manager'
import { SerialTasks } from '@samsa/broker/log/serial-tasks'
import { type ModelDisk, replicaKey, StoredReplica } from './model-disk.ts'
import { ModelLog, type ModelLogWorld } from './model-log.ts'

const checkpointEveryMs = 700

export class ModelLogs implements LogManager {
  readonly onlineDirectoryIds: readonly string[]
  readonly damaged = []
  readonly pendingBytes = 0
  readonly full = false
  readonly cleaner = null
  readonly #disk: ModelDisk
  readonly #world: ModelLogWorld
  readonly #logs = new Map<string, ModelLog>()
  /** Creations and deletions of one partition follow each other. */
  readonly #changes = new Map<string, SerialTasks>()

  constructor(disk: ModelDisk, world: ModelLogWorld, directoryId: string, config: LogConfig) {
    this.#disk = disk
    this.#world = world
    this.onlineDirectoryIds = [directoryId]
    for (const stored of disk.replicas.values()) {
      const { topic, index } = stored.identity
      this.#logs.set(replicaKey(topic, index), new ModelLog(stored, world, { config, directoryId }))
    }
    this.#checkpointLater()
  }

  #checkpointLater(): void {
    this.#world.process.after(checkpointEveryMs, () => {
      for (const log of this.#logs.values()) log.checkpoint()
      this.#checkpointLater()
    })
  }

  get(topic: string, partition: number): ModelLog | undefined {
    return this.#logs.get(replicaKey(topic, partition))
  }

  all(): Iterable<ModelLog> {
    return this.#logs.values()
  }

  #change<T>(topic: string, index: number, task: () => Promise<T>): Promise<T> {
    const key = replicaKey(topic, index)
    const tasks = this.#changes.get(key) ?? new SerialTasks()
    this.#changes.set(key, tasks)
    return tasks.run(async () => {
      await this.#pause()
      return task()
    })
  }

  #pause(): Promise<void> {
    const { process, random, diskMaxMs } = this.#world
    return new Promise((resolve) => {
      process.after(random.between(0, diskMaxMs), resolve)
    })
  }

  getOrCreate(topic: string, topicId: string, index: number, config: LogConfig): Promise<ModelLog> {
    return this.#change(topic, index, async () => {
      const known = this.get(topic, index)
      if (known !== undefined) return known
      const stored = new StoredReplica({ topic, topicId, index })
      const [directoryId = ''] = this.onlineDirectoryIds
      const log = new ModelLog(stored, this.#world, { config, directoryId })
      this.#disk.replicas.set(replicaKey(topicId, index), stored)
      this.#logs.set(replicaKey(topic, index), log)
      return log
    })
  }

  delete(topic: string, index: number): Promise<void> {
    return this.#change(topic, index, async () => {
      const log = this.get(topic, index)
      if (log !== undefined) this.#disk.replicas.delete(replicaKey(log.topicId, index))
      this.#logs.delete(replicaKey(topic, index))
    })
  }

  updateConfig(): void {}

  describe(): Promise<LogDirectoryDescription[]> {
    return Promise.resolve([])
  }

  onDirectoryFailure(): void {}

  async close(options?: { brokerEpoch: number }): Promise<void> {
    for (const log of this.#logs.values()) {
      await log.flush()
      log.checkpoint()
    }
    this.#disk.cleanBrokerEpoch = options?.brokerEpoch ?? -1
  }
}
