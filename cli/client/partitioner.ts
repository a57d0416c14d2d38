// Chooses the partition of a record as Kafka's default partitioner does, so that a key lands where
// Java clients put it: murmur2 of the key, without its sign, modulo the number of partitions. A
// record without a key goes to one random partition until that one's batch is full (KIP-480).

const seed = 0x9747b28c
const multiplier = 0x5bd1e995

/** Murmur2 as Kafka computes it, as a signed 32-bit integer. */
export function murmur2(data: Buffer): number {
  const length = data.length
  let hash = seed ^ length
  const aligned = length & ~3
  for (let at = 0; at < aligned; at += 4) {
    let word = Math.imul(data.readInt32LE(at), multiplier)
    word ^= word >>> 24
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier)
  }
  // The last one to three bytes, the highest first.
  for (let at = length - 1; at >= aligned; at--) hash ^= data.readUInt8(at) << ((at - aligned) * 8)
  if (length > aligned) hash = Math.imul(hash, multiplier)
  hash ^= hash >>> 13
  hash = Math.imul(hash, multiplier)
  return hash ^ (hash >>> 15)
}

export function partitionOfKey(key: Buffer, partitionCount: number): number {
  return (murmur2(key) & 0x7fff_ffff) % partitionCount
}

export class Partitioner {
  readonly #partitionCount: number
  #sticky: number

  constructor(partitionCount: number) {
    this.#partitionCount = partitionCount
    this.#sticky = this.#random()
  }

  choose(key: Buffer | null): number {
    return key === null ? this.#sticky : partitionOfKey(key, this.#partitionCount)
  }

  /** The batch of a partition is full: records without a key move on. */
  batchFull(partition: number): void {
    if (partition === this.#sticky) this.#sticky = this.#random()
  }

  #random(): number {
    return Math.floor(Math.random() * this.#partitionCount)
  }
}
