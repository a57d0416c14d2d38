// The order in which a java.util.HashMap goes through its keys: Kafka's assignors hand out
// partitions in that order, and equal results need an equal order. Pure; the layout of HashMap has
// not changed since Java 8.

const capacityMin = 16

function spread(hash: number): number {
  return hash ^ (hash >>> 16)
}

/** String.hashCode of Java. */
export function javaStringHash(text: string): number {
  let hash = 0
  for (let index = 0; index < text.length; index++) {
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0
  }
  return hash
}

/** Uuid.hashCode of Kafka: the four words of its 128 bits, xored. */
export function javaUuidHash(uuid: string): number {
  const bytes = Buffer.from(uuid, 'base64url')
  return bytes.readInt32BE(0) ^ bytes.readInt32BE(4) ^ bytes.readInt32BE(8) ^ bytes.readInt32BE(12)
}

/** Uuid.compareTo of Kafka: both halves as signed numbers. */
export function compareUuids(a: string, b: string): number {
  const [first, second] = [Buffer.from(a, 'base64url'), Buffer.from(b, 'base64url')]
  for (const half of [0, 8]) {
    const [x, y] = [first.readBigInt64BE(half), second.readBigInt64BE(half)]
    if (x !== y) return x < y ? -1 : 1
  }
  return 0
}

/**
 * The keys as a HashMap that they were put into one by one would give them. Keys of one bucket come
 * in the order that they are given in.
 */
export function inJavaOrder<T>(
  keys: Iterable<T>,
  hashOf: (key: T) => number,
  capacity: number = capacityMin,
): T[] {
  const all = [...keys]
  let slots = capacity
  while (all.length > slots * 0.75) slots *= 2
  return all
    .map((key) => ({ key, slot: spread(hashOf(key)) & (slots - 1) }))
    .sort((a, b) => a.slot - b.slot)
    .map(({ key }) => key)
}
