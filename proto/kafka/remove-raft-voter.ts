// RemoveRaftVoter (key 81): removes a controller from the voters of the quorum. KIP-853.

import { message } from '../wire/message.ts'
import { field, int16, int32, nullable, string, uuid } from '../wire/types.ts'

export const removeRaftVoterRequest = message(
  { name: 'RemoveRaftVoterRequest', versions: '0', flexible: '0+' },
  {
    clusterId: nullable(string),
    voterId: int32,
    voterDirectoryId: uuid,
  },
)

export const removeRaftVoterResponse = message(
  { name: 'RemoveRaftVoterResponse', versions: '0', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    errorMessage: nullable(string),
  },
)
