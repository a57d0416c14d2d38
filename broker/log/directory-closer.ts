// Ends and describes a log directory. The mark of a clean stop is the last thing written, and only
// if everything before it went well: the next start trusts it.

import { join } from 'node:path'
import { replaceFile } from '../disk/atomic-file.ts'
import { cleanShutdownFile } from './file-names.ts'
import type { LogDirectory } from './log-directory.ts'
import type { LogDirectoryDescription } from './log-manager.ts'

export async function closeDirectory(directory: LogDirectory, brokerEpoch: number): Promise<void> {
  const closing = [...directory.logs.values()].map((log) => log.close())
  const outcomes = await Promise.allSettled(closing)
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  try {
    if (failed !== undefined) throw failed.reason
    if (!directory.online) return
    await directory.checkpointRecoveryPoints()
    await directory.checkpointLogStartOffsets()
    await directory.checkpointHighWatermarks()
    const content = Buffer.from(JSON.stringify({ version: 0, brokerEpoch }))
    await replaceFile(directory.disk, join(directory.path, cleanShutdownFile), content, 'durable')
  } catch (error) {
    const fields = { directory: directory.path, error }
    directory.events.error(
      fields,
      'a log directory was not closed cleanly: the next start recovers it',
    )
  } finally {
    await directory.unlock()
  }
}

export async function describeDirectory(directory: LogDirectory): Promise<LogDirectoryDescription> {
  const space = directory.online
    ? await directory.disk.space(directory.path).catch(() => null)
    : null
  return {
    path: directory.path,
    directoryId: directory.directoryId,
    online: directory.online,
    totalBytes: space?.totalBytes ?? -1,
    usableBytes: space?.usableBytes ?? -1,
    logs: Array.from(directory.logs.values(), ({ topic, partition, sizeBytes }) => ({
      topic,
      partition,
      sizeBytes,
    })),
  }
}
