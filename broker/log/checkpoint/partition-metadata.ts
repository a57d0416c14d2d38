// A partition folder's `partition.metadata`: the id of the topic that the data belongs to
// (KIP-516).

import { join } from 'node:path'
import { readFileIfExists, replaceFile } from '../../disk/atomic-file.ts'
import type { Disk } from '../../disk/disk.ts'
import { partitionMetadataFile } from '../file-names.ts'
import type { TopicId } from '../partition-log.ts'

/**
 * Null when the file is absent, or torn: the folder was then being made when the node went down.
 */
export async function readPartitionMetadata(
  disk: Disk,
  directory: string,
): Promise<TopicId | null> {
  const content = await readFileIfExists(disk, join(directory, partitionMetadataFile))
  const match = /^topic_id: ([A-Za-z0-9_-]{22})$/m.exec(content?.toString('utf8') ?? '')
  return match?.[1] ?? null
}

export function writePartitionMetadata(disk: Disk, directory: string, id: TopicId): Promise<void> {
  const content = Buffer.from(`version: 0\ntopic_id: ${id}\n`)
  return replaceFile(disk, join(directory, partitionMetadataFile), content, 'durable')
}
