// All logs of a simulated broker: opens what its disk has, makes what it is asked for.

import type { LogConfig } from '@samsa/broker/log/log-config'
import type { LogDirectoryDescription, LogManager } from '@samsa/broker/log/log-manager'
import { type ModelDisk, replicaKey, StoredReplica } from './model-disk.ts'
import { ModelLog, type ModelLogWorld } from './model-log.ts'

const checkpointEveryMs = 700

export class ModelLogs implements LogManager {
  readonly onlineDirectoryIds: readonly string[]
  readonly damaged = []
  readonly pendingBytes = 0
  readonly full = false
  readonly #disk: ModelDisk
  readonly #world: ModelLogWorld
  readonly #logs = new Map<string, ModelLog>()

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

  async getOrCreate(
    topic: string,
    topicId: string,
    index: number,
    config: LogConfig,
  ): Promise<ModelLog> {
    const { process, random, diskMaxMs } = this.#world
    await new Promise<void>((resolve) => process.after(random.between(0, diskMaxMs), resolve))
    const known = this.get(topic, index)
    if (known !== undefined) return known
    const stored = new StoredReplica({ topic, topicId, index })
    const [directoryId = ''] = this.onlineDirectoryIds
    const log = new ModelLog(stored, this.#world, { config, directoryId })
    this.#disk.replicas.set(replicaKey(topicId, index), stored)
    this.#logs.set(replicaKey(topic, index), log)
    return log
  }

  delete(topic: string, partition: number): Promise<void> {
    const log = this.get(topic, partition)
    if (log !== undefined) this.#disk.replicas.delete(replicaKey(log.topicId, partition))
    this.#logs.delete(replicaKey(topic, partition))
    return Promise.resolve()
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
