// A metadata log that tells of its events behind the controller's back: each after the controller
// has taken it in, with the records as they are encoded.

import type {
  CommittedBatch,
  MetadataLog,
  MetadataLogListener,
  MetadataSnapshot,
  QuorumLeader,
  QuorumStatus,
} from '../metadata-log.ts'
import type { AddVoter, VoterReference } from '../requests.ts'

export interface LogTap {
  /** The image is in place of all before it. */
  onReplaced(): void
  onCommitted(batch: CommittedBatch): void
  onLeader(leader: QuorumLeader): void
}

export class TappedLog implements MetadataLog {
  readonly #log: MetadataLog
  readonly #tap: LogTap

  constructor(log: MetadataLog, tap: LogTap) {
    this.#log = log
    this.#tap = tap
  }

  start(listener: MetadataLogListener): Promise<void> {
    const tap = this.#tap
    return this.#log.start({
      onSnapshot(snapshot) {
        listener.onSnapshot(snapshot)
        tap.onReplaced()
      },
      onCommit(batch) {
        listener.onCommit(batch)
        tap.onCommitted(batch)
      },
      onLeaderChange(leader) {
        listener.onLeaderChange(leader)
        tap.onLeader(leader)
      },
      onFault: (error) => listener.onFault(error),
    })
  }

  append(epoch: number, records: readonly Buffer[]): Promise<number> {
    return this.#log.append(epoch, records)
  }

  writeSnapshot(snapshot: MetadataSnapshot): Promise<void> {
    return this.#log.writeSnapshot(snapshot)
  }

  status(): QuorumStatus {
    return this.#log.status()
  }

  addVoter(voter: AddVoter): Promise<void> {
    return this.#log.addVoter(voter)
  }

  removeVoter(voter: VoterReference): Promise<void> {
    return this.#log.removeVoter(voter)
  }

  transferLeadership(nodeId: number | null): Promise<void> {
    return this.#log.transferLeadership(nodeId)
  }

  close(): Promise<void> {
    return this.#log.close()
  }
}
