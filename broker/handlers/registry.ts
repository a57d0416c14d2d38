// Every API that this node serves, one line each, in the order of their keys. ApiVersions and docs/COMPATIBILITY.md are
// read from it: what is not listed is not advertised.

import { type Registration, register } from '../request/api-table.ts'
import { apiVersions } from './api-versions.ts'
import { deleteRecords } from './delete-records.ts'
import { describeLogDirs } from './describe-log-dirs.ts'
import { describeProducers } from './describe-producers.ts'
import { fetch } from './fetch.ts'
import { listOffsets } from './list-offsets.ts'
import { offsetForLeaderEpoch } from './offset-for-leader-epoch.ts'
import { produce } from './produce.ts'

export const handlers: readonly Registration[] = [
  register('produce', produce),
  register('fetch', fetch),
  register('listOffsets', listOffsets),
  register('apiVersions', apiVersions),
  register('deleteRecords', deleteRecords),
  register('offsetForLeaderEpoch', offsetForLeaderEpoch),
  register('describeLogDirs', describeLogDirs),
  register('describeProducers', describeProducers),
]
