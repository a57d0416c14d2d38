// A log directory's `meta.properties`: which cluster and node it belongs to, and its own id
// (KIP-858). A directory of another node or cluster is refused: its data must not be mixed with
// ours.

import { join } from 'node:path'
import { readFileIfExists, replaceFile } from '../../disk/atomic-file.ts'
import type { Disk } from '../../disk/disk.ts'
import { metaPropertiesFile } from '../file-names.ts'

export interface MetaProperties {
  readonly clusterId: string
  readonly nodeId: number
  /** 22 characters of URL-safe base64. */
  readonly directoryId: string
}

export class ForeignDirectoryError extends Error {
  override readonly name = 'ForeignDirectoryError'
}

/** Null when the directory is new. */
export async function readMetaProperties(
  disk: Disk,
  directory: string,
): Promise<Partial<MetaProperties> | null> {
  const content = await readFileIfExists(disk, join(directory, metaPropertiesFile))
  if (content === null) return null
  const values = new Map<string, string>()
  for (const line of content.toString('utf8').split('\n')) {
    const match = /^\s*([^#!=\s]+)\s*=\s*(.*?)\s*$/.exec(line)
    if (match?.[1] !== undefined && match[2] !== undefined) values.set(match[1], match[2])
  }
  const clusterId = values.get('cluster.id')
  const nodeId = values.get('node.id')
  const directoryId = values.get('directory.id')
  return {
    ...(clusterId === undefined ? {} : { clusterId }),
    ...(nodeId === undefined ? {} : { nodeId: Number(nodeId) }),
    ...(directoryId === undefined ? {} : { directoryId }),
  }
}

/** A node that has yet to join a cluster leaves the cluster's id out. */
export function writeMetaProperties(
  disk: Disk,
  directory: string,
  properties: Omit<MetaProperties, 'clusterId'> & Partial<MetaProperties>,
): Promise<void> {
  const { clusterId, nodeId, directoryId } = properties
  const lines = [
    'version=1',
    ...(clusterId === undefined ? [] : [`cluster.id=${clusterId}`]),
    `node.id=${nodeId}`,
    `directory.id=${directoryId}`,
  ]
  const content = Buffer.from(`#\n${lines.join('\n')}\n`)
  return replaceFile(disk, join(directory, metaPropertiesFile), content, 'durable')
}

/**
 * Reads a directory's properties, or makes them; throws where they are another node's or cluster's.
 */
export async function claimDirectory(
  disk: Disk,
  directory: string,
  owner: { readonly clusterId: string; readonly nodeId: number },
  newDirectoryId: () => string,
): Promise<MetaProperties> {
  const found = await readMetaProperties(disk, directory)
  if (found?.clusterId !== undefined && found.clusterId !== owner.clusterId) {
    throw new ForeignDirectoryError(
      `${directory} belongs to cluster ${found.clusterId}, this node to ${owner.clusterId}`,
    )
  }
  if (found?.nodeId !== undefined && found.nodeId !== owner.nodeId) {
    throw new ForeignDirectoryError(
      `${directory} belongs to node ${found.nodeId}, this is node ${owner.nodeId}`,
    )
  }
  const directoryId = found?.directoryId ?? newDirectoryId()
  const properties = { ...owner, directoryId }
  const isComplete =
    found?.clusterId !== undefined && found.nodeId !== undefined && found.directoryId !== undefined
  if (!isComplete) await writeMetaProperties(disk, directory, properties)
  return properties
}
