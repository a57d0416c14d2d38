// Answers of a cluster without what says nothing: the order of an ISR, topics without a result,
// which controller it was, a message that is empty. The sentences of Kafka's error table become
// ours.

import { errorByName, type KafkaErrorName } from '@samsa/proto/kafka/errors'

const sentences: ReadonlyMap<string, KafkaErrorName> = new Map([
  ['Leader election not needed for topic partition.', 'ELECTION_NOT_NEEDED'],
  ['The preferred leader was not available.', 'PREFERRED_LEADER_NOT_AVAILABLE'],
  ['Eligible topic partition leaders are not available.', 'ELIGIBLE_LEADERS_NOT_AVAILABLE'],
])

export function comparable(value: unknown, key = ''): unknown {
  if (key === 'errorMessage' && typeof value === 'string') return messageOf(value)
  if (Array.isArray(value)) {
    const elements = value.map((element) => comparable(element))
    if (key === 'isrNodes') return elements.sort((a, b) => Number(a) - Number(b))
    if (key === 'replicaElectionResults') return elements.filter(hasResults)
    return elements
  }
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, comparable(inner, name)]),
  )
}

function messageOf(text: string): string | null {
  if (text === '') return null
  const error = sentences.get(text)
  return error === undefined
    ? text.replace(/Local controller \d+/, 'Local controller <id>')
    : errorByName(error).text
}

function hasResults(element: unknown): boolean {
  const { partitionResult } = element as { partitionResult: readonly unknown[] }
  return partitionResult.length > 0
}
