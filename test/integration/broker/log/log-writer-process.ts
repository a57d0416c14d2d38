// A process that appends to a log until it is killed, and tells on stdout what was acknowledged.
// Run by kill-nine.test.ts: arguments are the data folder and flush.messages.

import { nodeDisk } from '@samsa/broker/disk/node-disk'
import { openLogManager } from '@samsa/broker/log/open-log-manager'
import { systemClock, systemTimers } from '@samsa/broker/system-time'
import {
  cleanWorkerOn,
  logConfig,
  managerConfig,
  RecordedEvents,
  sequencedBatch,
  topicId,
} from '../../../support/disk/log-fixture.ts'

const [folder = '', flushMessages = ''] = process.argv.slice(2)
const config = { ...logConfig, segmentBytes: 50_000, flushMessages: Number(flushMessages) }
const events = new RecordedEvents()

const manager = await openLogManager(nodeDisk, {
  logDirs: [folder],
  nodeId: 1,
  clusterId: 'kill-nine',
  config: () => managerConfig,
  topicConfig: () => config,
  clock: systemClock,
  timers: systemTimers,
  random: Math.random,
  events,
  cleanWorker: cleanWorkerOn(nodeDisk),
})
if (manager.damaged.length > 0) throw manager.damaged[0]?.error ?? new Error('damaged')
const log = await manager.getOrCreate('events', topicId, 0, config)
const last = log.activeProducers()[0]?.lastSequence ?? -1
process.stdout.write(`opened ${log.logEndOffset} ${last}\n`)

for (let sequence = last + 1; ; ) {
  const appends = Array.from({ length: 5 }, () => {
    const batch = sequencedBatch({ producerId: 1, sequence, count: 3 })
    sequence += 3
    return log.append(batch, { leaderEpoch: 0, origin: 'client' })
  })
  for (const { written } of appends) await written
  process.stdout.write(`acknowledged ${appends.at(-1)?.lastOffset}\n`)
}
