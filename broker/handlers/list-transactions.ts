// ListTransactions (key 66), versions 0-2: the transactional ids that this broker coordinates
// (KIP-664), by state, by producer, by how long they have been open (KIP-994, v1), by a pattern
// that the whole id matches, in the syntax of RE2 (KIP-1152, v2).
// Differs from Kafka: a pattern has 4,096 characters at most.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler } from './handler.ts'

const states = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'PrepareEpochFence',
]

const patternCharsMax = 4_096

export const listTransactions: Handler<'listTransactions'> = async (request, services) => {
  const { stateFilters, producerIdFilters, durationFilter, transactionalIdPattern } = request
  const refused = (error: 'INVALID_REGULAR_EXPRESSION' | 'COORDINATOR_LOAD_IN_PROGRESS') => {
    return { errorCode: errorCodes[error], unknownStateFilters: [], transactionStates: [] }
  }
  const pattern = transactionalIdPattern ?? ''
  const matches = pattern === '' ? () => true : await matcher(pattern)
  if (matches === null) return refused('INVALID_REGULAR_EXPRESSION')
  const all = services.transactions.list()
  if (typeof all === 'string') return refused('COORDINATOR_LOAD_IN_PROGRESS')
  const nowMs = services.clock.nowMs()
  const wantedStates = new Set(stateFilters)
  const wantedProducers = new Set(producerIdFilters)
  const found = all.filter(
    ({ transactionalId, state, producerId, startMs }) =>
      (wantedStates.size === 0 || wantedStates.has(state)) &&
      (wantedProducers.size === 0 || wantedProducers.has(producerId)) &&
      (durationFilter < 0 || (startMs >= 0 && nowMs - startMs > durationFilter)) &&
      matches(transactionalId),
  )
  return {
    errorCode: errorCodes.NONE,
    unknownStateFilters: stateFilters.filter((name) => !states.includes(name)),
    transactionStates: found.map(({ transactionalId, producerId, state }) => ({
      transactionalId,
      producerId,
      transactionState: state,
    })),
  }
}

/** Loaded with the first pattern; null for one that is not valid. */
async function matcher(pattern: string): Promise<((id: string) => boolean) | null> {
  if (pattern.length > patternCharsMax) return null
  const { RE2JS, RE2JSException } = await import('re2js')
  try {
    const compiled = RE2JS.compile(pattern)
    return (id) => compiled.matches(id)
  } catch (error) {
    if (error instanceof RE2JSException) return null
    throw error
  }
}
