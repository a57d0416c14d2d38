// All targets, in the order in which they run.

import type { Target } from './engine/target.ts'
import { batches } from './targets/batches.ts'
import { compression } from './targets/compression.ts'
import { grpcMessages } from './targets/grpc-messages.ts'
import { messages } from './targets/messages.ts'
import { metadataLog } from './targets/metadata-log.ts'
import { properties } from './targets/properties.ts'
import { raftFiles } from './targets/raft-files.ts'
import { requests } from './targets/requests.ts'
import { resources } from './targets/resources.ts'
import { logIn, logState, telemetry } from './targets/small-readers.ts'

export const targets: readonly Target[] = [
  requests,
  messages,
  batches,
  compression,
  logIn,
  telemetry,
  grpcMessages,
  raftFiles,
  metadataLog,
  logState,
  properties,
  resources,
]
