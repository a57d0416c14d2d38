// Gives buffers that live for a moment back in time. grpc-js puts every message together in memory
// outside V8's heap; V8 sees that memory grow and answers with a full collection, though the small
// one would free it all. So whoever makes or receives many asks for the small one, by bytes.
// Three nodes, 300 MB of 1 KiB records at RF 3: 19.7 CPU-s and 54 full collections a node without,
// 12.5 with one a 2 MiB, 8.7 with one a MiB, 10.6 with two; resident 130 MB after it instead of 178
// (2-core VM, Node 24, November 2026).

import { minorCollection } from './garbage.ts'

const mebibyte = 1024 * 1024

/** The smaller the cheaper, down to what a collection costs: measured 0.5, 1, 2 and 8 MiB. */
const shortLivedBytesMax = mebibyte

export class YoungMemory {
  readonly #collect: () => void
  #shortLivedBytes = 0

  constructor(collect: () => void = minorCollection()) {
    this.#collect = collect
  }

  /** So many bytes have memory of their own, and will be let go soon. */
  shortLived(bytes: number): void {
    this.#shortLivedBytes += bytes
    if (this.#shortLivedBytes < shortLivedBytesMax) return
    this.#shortLivedBytes = 0
    this.#collect()
  }
}
