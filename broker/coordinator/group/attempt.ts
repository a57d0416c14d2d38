// One request's changes to a group, carried out whole or not at all.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { BrokerError } from '../../errors.ts'
import { Changes } from './changes.ts'
import { commitChanges } from './commit-changes.ts'
import type { Turn } from './turn.ts'

/** Carries `act` out, and answers with its error should it be refused. */
export function attempt<Response>(
  turn: Turn,
  { groupId, token }: { readonly groupId: string; readonly token: number },
  refused: (error: KafkaErrorName, message?: string) => Response,
  act: (changes: Changes) => Response,
): void {
  const changes = new Changes(turn.state, groupId)
  try {
    const response = act(changes)
    commitChanges(turn, changes, { token, response, refused })
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error
    changes.undo()
    turn.respond(token, refused(error.kafkaError, error.message))
  }
}
