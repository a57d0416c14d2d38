// Where each leader epoch of a log began (KIP-101, KIP-279): answers how far two logs agree. Pure;
// epochs and offsets both grow from entry to entry. The file `leader-epoch-checkpoint` holds the
// same in Kafka's form.

import { assert } from '../../assert.ts'
import type { EpochEndOffset } from '../partition-log.ts'
import { formatCheckpoint, parseCheckpoint, parseCheckpointNumber } from './checkpoint-text.ts'

interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

export class LeaderEpochs {
  #starts: EpochStart[] = []
  /** Moves with each change: tells whether the file is behind. */
  #version = 0

  get version(): number {
    return this.#version
  }

  get latest(): number {
    return this.#starts.at(-1)?.epoch ?? -1
  }

  get starts(): readonly EpochStart[] {
    return this.#starts
  }

  /**
   * Notes that `epoch` began at `startOffset`; entries that contradict it were never true and go.
   */
  assign(epoch: number, startOffset: number): void {
    assert(epoch >= 0 && startOffset >= 0, `epoch ${epoch} at offset ${startOffset}`)
    const last = this.#starts.at(-1)
    if (last !== undefined && last.epoch === epoch && startOffset >= last.startOffset) return
    this.#starts = this.#starts.filter(
      (start) => start.epoch < epoch && start.startOffset < startOffset,
    )
    this.#starts.push({ epoch, startOffset })
    this.#version++
  }

  endOffset(epoch: number, logEndOffset: number): EpochEndOffset {
    if (epoch < 0) return { epoch: -1, endOffset: -1 }
    // The last epoch is still being written.
    if (epoch === this.latest) return { epoch, endOffset: logEndOffset }
    const above = this.#starts.findIndex((start) => start.epoch > epoch)
    const higher = this.#starts[above]
    if (higher === undefined) return { epoch: -1, endOffset: -1 }
    // Below the first known epoch the data is gone: the log agrees up to where the known part
    // begins.
    const floor = this.#starts[above - 1]
    return { epoch: floor?.epoch ?? epoch, endOffset: higher.startOffset }
  }

  epochFor(offset: number): number {
    const after = this.#starts.findIndex((start) => start.startOffset > offset)
    const index = after < 0 ? this.#starts.length - 1 : after - 1
    return this.#starts[index]?.epoch ?? -1
  }

  /** Forgets epochs that began at `endOffset` or later. */
  truncateFromEnd(endOffset: number): void {
    const kept = this.#starts.filter((start) => start.startOffset < endOffset)
    if (kept.length === this.#starts.length) return
    this.#starts = kept
    this.#version++
  }

  /**
   * Forgets epochs that ended at `startOffset` or before; the one that goes on begins there now.
   */
  truncateFromStart(startOffset: number): void {
    const above = this.#starts.findIndex((start) => start.startOffset > startOffset)
    const index = (above < 0 ? this.#starts.length : above) - 1
    const holding = this.#starts[index]
    if (holding === undefined || (index === 0 && holding.startOffset === startOffset)) return
    this.#starts = [{ epoch: holding.epoch, startOffset }, ...this.#starts.slice(index + 1)]
    this.#version++
  }

  clear(): void {
    if (this.#starts.length === 0) return
    this.#starts = []
    this.#version++
  }

  encode(): Buffer {
    return formatCheckpoint(this.#starts.map((start) => `${start.epoch} ${start.startOffset}`))
  }

  /** Throws a CheckpointDamagedError. */
  static decode(content: Buffer, path: string): LeaderEpochs {
    const epochs = new LeaderEpochs()
    for (const [epoch, offset] of parseCheckpoint(content, path, 2)) {
      epochs.assign(parseCheckpointNumber(epoch, path), parseCheckpointNumber(offset, path))
    }
    epochs.#version = 0
    return epochs
  }
}
