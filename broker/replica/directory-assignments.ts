// Tells the controller in which log directory each replica of this broker is (KIP-858), where the
// metadata says otherwise: a broker with several places new replicas itself, and the controller
// must know what a failed directory takes with it. A leader whose log is damaged is told to be in
// none, which moves the leadership. Looks again and again: nothing need be kept of what was told.

import { type BrokerId, lostDirectoryId, type MetadataImage } from '@samsa/controller/image'
import type {
  AssignDirectories,
  AssignDirectoriesResult,
  DirectoryAssignment,
} from '@samsa/controller/requests'
import type { Timers } from '../clock.ts'
import type { LogEvents } from '../log/log-manager.ts'
import type { Partition } from './partition.ts'

export interface DirectoryAssignmentsOptions {
  readonly nodeId: BrokerId
  readonly partitions: () => Iterable<Partition>
  /** Whether it leads, but had better not. */
  readonly givesUp: (partition: Partition) => boolean
  readonly image: () => MetadataImage
  /** Of this process's registration; -1 until it has one. */
  readonly brokerEpoch: () => number
  readonly assign: (request: AssignDirectories) => Promise<AssignDirectoriesResult[]>
  readonly timers: Timers
  readonly events: LogEvents
}

/** A look takes 1 ms for 10,000 partitions. */
const lookEveryMs = 500
/** One request's; the rest is told by the next look. */
const assignmentsMax = 2_000

export class DirectoryAssignments {
  readonly #options: DirectoryAssignmentsOptions
  #timer: { cancel(): void } | null = null
  #closed = false

  constructor(options: DirectoryAssignmentsOptions) {
    this.#options = options
    this.#schedule()
  }

  #schedule(): void {
    if (this.#closed) return
    this.#timer = this.#options.timers.schedule(lookEveryMs, () => {
      void this.#tell().finally(() => this.#schedule())
    })
  }

  /** Never rejects. */
  async #tell(): Promise<void> {
    const { nodeId, brokerEpoch, assign, image, events } = this.#options
    const epoch = brokerEpoch()
    // The controller takes nothing from a process whose registration is not committed yet.
    if (epoch === -1 || image().brokers.get(nodeId)?.epoch !== epoch) return
    const assignments = this.#untold()
    if (assignments.length === 0) return
    try {
      await assign({ brokerId: nodeId, brokerEpoch: epoch, assignments })
    } catch (error) {
      const partitions = assignments.length
      events.warn({ partitions, error }, 'the directories of replicas could not be told yet')
    }
  }

  #untold(): DirectoryAssignment[] {
    const { nodeId, partitions, givesUp } = this.#options
    const untold: DirectoryAssignment[] = []
    for (const partition of partitions()) {
      const { log, image, topicId, index: partitionIndex } = partition
      if (log === null || !log.online || untold.length === assignmentsMax) continue
      const directoryId = givesUp(partition) ? lostDirectoryId : log.directoryId
      const known = image.directories[image.replicas.indexOf(nodeId)]
      if (known !== directoryId) untold.push({ directoryId, topicId, partitionIndex })
    }
    return untold
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }
}
