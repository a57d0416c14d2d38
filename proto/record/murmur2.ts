// The hash by which Kafka's producers place a record with a key, so that a key lands where Java
// clients put it: murmur2 of the key, without its sign, modulo the number of partitions.

const seed = 0x9747b28c
const multiplier = 0x5bd1e995

/** As a signed 32-bit integer. */
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
