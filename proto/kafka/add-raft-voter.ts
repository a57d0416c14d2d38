// AddRaftVoter (key 80): adds a controller to the voters of the quorum. KIP-853, answer before or
// after the commit (v1).

import { message } from '../wire/message.ts'
import {
  array,
  boolean,
  field,
  int16,
  int32,
  nullable,
  string,
  uint16,
  uuid,
} from '../wire/types.ts'

export const addRaftVoterRequest = message(
  { name: 'AddRaftVoterRequest', versions: '0-1', flexible: '0+' },
  {
    clusterId: nullable(string),
    timeoutMs: int32,
    voterId: int32,
    voterDirectoryId: uuid,
    listeners: array({
      name: string,
      host: string,
      port: uint16,
    }),
    // Whether to answer once the change is committed, or once it is in the log of the leader.
    ackWhenCommitted: field(boolean, { since: 1, default: true }),
  },
)

export const addRaftVoterResponse = message(
  { name: 'AddRaftVoterResponse', versions: '0-1', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    errorMessage: nullable(string),
  },
)
