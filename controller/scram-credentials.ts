// AlterUserScramCredentials (KIP-554) as the controller decides it: one answer a user, and of each
// user all that was asked or nothing. Gets keys that were derived already; passwords never come
// here.

import { type Decision, noError, outcomeOf, Refusal } from './decision.ts'
import type { MetadataImage } from './image.ts'
import type { NewRecord } from './records/record.ts'
import type {
  AlterScramCredentials,
  AlterScramCredentialsResult,
  Outcome,
  ScramDeletion,
  ScramUpsertion,
} from './requests.ts'
import { scramCredentialRecord, scramKey } from './security.ts'

const mechanisms: readonly number[] = [1, 2]
export const scramIterationsMin = 4096
export const scramIterationsMax = 16_384

export function alterScramCredentials(
  image: MetadataImage,
  { deletions, upsertions }: AlterScramCredentials,
): Decision<AlterScramCredentialsResult[]> {
  const changes = [...deletions, ...upsertions]
  const errors = new Map<string, Outcome>()
  const seen = new Set<string>()
  for (const change of changes) {
    const outcome = outcomeOf(() => {
      check(image, change)
      const key = scramKey(change)
      if (seen.has(key)) {
        throw new Refusal(
          'DUPLICATE_RESOURCE',
          'A user credential cannot be altered twice in the same request',
        )
      }
      seen.add(key)
    })
    if (outcome.error !== 'NONE' && !errors.has(change.name)) errors.set(change.name, outcome)
  }
  const users = [...new Set(changes.map(({ name }) => name))]
  const records = changes.filter(({ name }) => !errors.has(name)).map(recordOf)
  const response = users.map((user) => ({ user, ...(errors.get(user) ?? noError) }))
  return { records, response }
}

function check(image: MetadataImage, change: ScramDeletion | ScramUpsertion): void {
  const unacceptable = (why: string) => new Refusal('UNACCEPTABLE_CREDENTIAL', why)
  if (change.name === '') throw unacceptable('Username must not be empty')
  if (!mechanisms.includes(change.mechanism)) {
    throw new Refusal('UNSUPPORTED_SASL_MECHANISM', 'Unknown SCRAM mechanism')
  }
  if ('iterations' in change) {
    if (change.iterations < scramIterationsMin) throw unacceptable('Too few iterations')
    if (change.iterations > scramIterationsMax) throw unacceptable('Too many iterations')
    if (change.salt.length === 0) throw unacceptable('The salt must not be empty')
  } else if (!image.scramCredentials.has(scramKey(change))) {
    throw new Refusal(
      'RESOURCE_NOT_FOUND',
      'Attempt to delete a user credential that does not exist',
    )
  }
}

function recordOf(change: ScramDeletion | ScramUpsertion): NewRecord {
  if ('iterations' in change) return scramCredentialRecord(change)
  const { name, mechanism } = change
  return { type: 'removeUserScramCredential', name, mechanism }
}
