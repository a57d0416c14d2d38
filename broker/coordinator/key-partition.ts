// Which partition of a coordinator's topic keeps a group or a transactional id: Java's
// String.hashCode of the id, without the sign, modulo the number of partitions. Every broker and
// tool computes the same.

export function keyPartition(key: string, partitionCount: number): number {
  let hash = 0
  for (let index = 0; index < key.length; index++) {
    hash = (Math.imul(hash, 31) + key.charCodeAt(index)) | 0
  }
  return (hash & 0x7fff_ffff) % partitionCount
}
