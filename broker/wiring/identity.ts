// Who this node is by what its disks say: the cluster it belongs to, the id of the directory of its
// metadata log, and the epoch in which it last stopped in order. Makes that directory's id before
// the first start, for a controller is a voter by it.

import { join } from 'node:path'
import type { BrokerConfig } from '../config/broker-config.ts'
import { readFileIfExists } from '../disk/atomic-file.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import {
  type MetaProperties,
  readMetaProperties,
  writeMetaProperties,
} from '../log/checkpoint/meta-properties.ts'
import { cleanShutdownFile } from '../log/file-names.ts'
import { randomUuid } from '../uuid.ts'

export interface NodeIdentity {
  /** null before the node has joined a cluster. */
  readonly clusterId: string | null
  readonly directoryId: string
  /** -1 unless every log directory was closed in order, in one epoch. */
  readonly previousBrokerEpoch: number
}

export async function readIdentity(config: BrokerConfig): Promise<NodeIdentity> {
  const { metadataLogDir, nodeId } = config
  const found = (await readMetaProperties(nodeDisk, metadataLogDir)) ?? {}
  const directoryId = found.directoryId ?? (await newDirectoryId(metadataLogDir, nodeId, found))
  return {
    clusterId: found.clusterId ?? null,
    directoryId,
    previousBrokerEpoch: await cleanStopEpoch(config.logDirs),
  }
}

async function newDirectoryId(
  directory: string,
  nodeId: number,
  found: Partial<MetaProperties>,
): Promise<string> {
  const directoryId = randomUuid()
  await nodeDisk.makeDirectory(directory)
  await writeMetaProperties(nodeDisk, directory, { nodeId, ...found, directoryId })
  return directoryId
}

/** Read before the logs are opened, which uses the marks up. */
async function cleanStopEpoch(logDirs: readonly string[]): Promise<number> {
  const epochs = new Set<number>()
  for (const directory of logDirs) {
    const content = await readFileIfExists(nodeDisk, join(directory, cleanShutdownFile))
    epochs.add(content === null ? -1 : brokerEpochOf(content.toString('utf8')))
  }
  const [epoch = -1] = epochs
  return epochs.size === 1 ? epoch : -1
}

function brokerEpochOf(content: string): number {
  try {
    const { brokerEpoch } = JSON.parse(content) as { brokerEpoch?: unknown }
    return Number.isSafeInteger(brokerEpoch) ? (brokerEpoch as number) : -1
  } catch {
    // A mark of another kind is still a mark, but of no epoch.
    return -1
  }
}
