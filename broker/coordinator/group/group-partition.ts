// Which partition of `__consumer_offsets` keeps a group: Java's String.hashCode of its id, without
// the sign, modulo the number of partitions. Every broker and tool computes the same.

export function groupPartition(groupId: string, partitionCount: number): number {
  let hash = 0
  for (let index = 0; index < groupId.length; index++) {
    hash = (Math.imul(hash, 31) + groupId.charCodeAt(index)) | 0
  }
  return (hash & 0x7fff_ffff) % partitionCount
}
