// SCRAM credentials of users (KIP-554): which there are, set, and deleted. Passwords are salted by
// whoever calls: none comes through here.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Cluster } from './cluster.ts'
import { throwIfError } from './errors.ts'

/** Kafka's numbers for the mechanisms. */
export const scramNumbers = { 'SCRAM-SHA-256': 1, 'SCRAM-SHA-512': 2 } as const
export type ScramName = keyof typeof scramNumbers

export interface ScramCredential {
  readonly mechanism: ScramName
  readonly iterations: number
  readonly salt: Buffer
  readonly saltedPassword: Buffer
}

/** Of one user; none for a user that is not known. */
export async function describeScram(cluster: Cluster, user: string): Promise<ScramName[]> {
  return await cluster.retrying(async () => {
    const { response } = await cluster.toAny('describeUserScramCredentials', {
      users: [{ name: user }],
    })
    throwIfError(response.errorCode, 'SCRAM credentials', response.errorMessage)
    const [result] = response.results
    if (result === undefined || result.errorCode === errorCodes.RESOURCE_NOT_FOUND) return []
    throwIfError(result.errorCode, `user ${user}`, result.errorMessage)
    const numbers = result.credentialInfos.map(({ mechanism }) => mechanism)
    const names = Object.keys(scramNumbers) as ScramName[]
    return names.filter((name) => numbers.includes(scramNumbers[name]))
  })
}

/** Those of other mechanisms stay as they are, but for the ones that are to be deleted. */
export async function alterScram(
  cluster: Cluster,
  user: string,
  change: { readonly set: readonly ScramCredential[]; readonly remove: readonly ScramName[] },
): Promise<void> {
  await cluster.retrying(async () => {
    const response = await cluster.toController('alterUserScramCredentials', {
      deletions: change.remove.map((one) => ({ name: user, mechanism: scramNumbers[one] })),
      upsertions: change.set.map((one) => ({
        name: user,
        ...one,
        mechanism: scramNumbers[one.mechanism],
      })),
    })
    for (const { errorCode, errorMessage } of response.results) {
      throwIfError(errorCode, `user ${user}`, errorMessage)
    }
  })
}

export interface ScramUser {
  readonly name: string
  readonly credentials: readonly { readonly mechanism: ScramName; readonly iterations: number }[]
}

/** All that there are, by name. */
export async function listScram(cluster: Cluster): Promise<ScramUser[]> {
  return await cluster.retrying(async () => {
    const { response } = await cluster.toAny('describeUserScramCredentials', { users: null })
    throwIfError(response.errorCode, 'SCRAM credentials', response.errorMessage)
    const users = response.results.map(({ user, errorCode, errorMessage, credentialInfos }) => {
      throwIfError(errorCode, `user ${user}`, errorMessage)
      const names = Object.keys(scramNumbers) as ScramName[]
      const credentials = names.flatMap((name) => {
        const found = credentialInfos.find(({ mechanism }) => mechanism === scramNumbers[name])
        return found === undefined ? [] : [{ mechanism: name, iterations: found.iterations }]
      })
      return { name: user, credentials }
    })
    return users.sort((a, b) => (a.name < b.name ? -1 : 1))
  })
}
