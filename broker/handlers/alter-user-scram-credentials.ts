// AlterUserScramCredentials (key 51), version 0: sets and removes the SCRAM credentials of users
// (KIP-554). Only keys derived from the salted passwords go on to the controller.
// Differs from Kafka: an empty salt is refused with UNACCEPTABLE_CREDENTIAL.

import type { AlterScramCredentialsResult } from '@samsa/controller/requests'
import { scramKeysOf, scramMechanismOf } from '../security/sasl/scram.ts'
import type { Handler, RequestOf } from './handler.ts'
import { askController, errorFields } from './shared/ask-controller.ts'

/** The request has no time of its own: Kafka's default.api.timeout.ms. */
const timeoutMs = 60_000

export const alterUserScramCredentials: Handler<'alterUserScramCredentials'> = async (
  request,
  services,
) => {
  const deletions = request.deletions.map(({ name, mechanism }) => ({ name, mechanism }))
  const upsertions = request.upsertions.map(derived)
  const asked = await askController(services, timeoutMs, () =>
    services.controller.alterScramCredentials({ deletions, upsertions }),
  )
  if (asked.type === 'answered') return { results: asked.answer.map(resultFields) }
  const users = new Set([...deletions, ...upsertions].map(({ name }) => name))
  return { results: [...users].map((user) => resultFields({ user, ...asked.outcome })) }
}

type Upsertion = RequestOf<'alterUserScramCredentials'>['upsertions'][number]

function derived({ name, mechanism, iterations, salt, saltedPassword }: Upsertion) {
  const known = scramMechanismOf(mechanism)
  const none = Buffer.alloc(0)
  // The controller refuses a mechanism that is not known, whatever its keys.
  const keys =
    known === undefined
      ? { storedKey: none, serverKey: none }
      : scramKeysOf(known, Buffer.from(saltedPassword))
  return { name, mechanism, iterations, salt: Buffer.from(salt), ...keys }
}

function resultFields({ user, ...outcome }: AlterScramCredentialsResult) {
  return { user, ...errorFields(outcome) }
}
