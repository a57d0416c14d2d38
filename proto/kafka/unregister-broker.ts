// UnregisterBroker (key 64): removes a broker that will not come back from the cluster. KIP-631.

import { message } from '../wire/message.ts'
import { field, int16, int32, nullable, string } from '../wire/types.ts'

export const unregisterBrokerRequest = message(
  { name: 'UnregisterBrokerRequest', versions: '0', flexible: '0+' },
  {
    brokerId: int32,
  },
)

export const unregisterBrokerResponse = message(
  { name: 'UnregisterBrokerResponse', versions: '0', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    errorMessage: nullable(string),
  },
)
