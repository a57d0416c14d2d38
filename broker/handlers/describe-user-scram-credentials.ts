// DescribeUserScramCredentials (key 50), version 0: which SCRAM credentials users have, never the
// keys (KIP-554).
// Differs from Kafka: nothing known.

import type { ScramCredential } from '@samsa/controller/image'
import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler } from './handler.ts'

export const describeUserScramCredentials: Handler<'describeUserScramCredentials'> = (
  { users },
  services,
) => {
  const byUser = Map.groupBy(services.metadata().scramCredentials.values(), ({ name }) => name)
  const asked = users?.map(({ name }) => name) ?? []
  const wanted = asked.length === 0 ? [...byUser.keys()].toSorted() : [...new Set(asked)]
  const results = wanted.map((user) => {
    const credentials = byUser.get(user)
    if (asked.filter((name) => name === user).length > 1) {
      return refused(
        user,
        'DUPLICATE_RESOURCE',
        `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`,
      )
    }
    if (credentials === undefined) {
      return refused(
        user,
        'RESOURCE_NOT_FOUND',
        `Attempt to describe a user credential that does not exist: ${user}`,
      )
    }
    return {
      user,
      errorCode: errorCodes.NONE,
      errorMessage: null,
      credentialInfos: credentials.map(credentialInfo),
    }
  })
  return { errorCode: errorCodes.NONE, errorMessage: null, results }
}

function credentialInfo({ mechanism, iterations }: ScramCredential) {
  return { mechanism, iterations }
}

function refused(
  user: string,
  error: 'DUPLICATE_RESOURCE' | 'RESOURCE_NOT_FOUND',
  errorMessage: string,
) {
  return { user, errorCode: errorCodes[error], errorMessage, credentialInfos: [] }
}
