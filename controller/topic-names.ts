// Which topic names are allowed, which belong to the system, and which would collide in metric
// names: Kafka's rules.

const nameCharsMax = 249
const legalName = /^[a-zA-Z0-9._-]+$/

export const offsetsTopic = '__consumer_offsets'
export const transactionTopic = '__transaction_state'
export const shareStateTopic = '__share_group_state'
export const clusterMetadataTopic = '__cluster_metadata'

const internalTopics: ReadonlySet<string> = new Set([
  offsetsTopic,
  transactionTopic,
  shareStateTopic,
])

/** Topics that only the system itself writes to. */
export function isInternalTopic(name: string): boolean {
  return internalTopics.has(name)
}

/** Why the name is not allowed, in Kafka's words; null when it is. */
export function topicNameProblem(name: string): string | null {
  const why = reason(name)
  return why === null ? null : `Topic name is invalid: ${why}`
}

function reason(name: string): string | null {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.') return "'.' is not allowed"
  if (name === '..') return "'..' is not allowed"
  if (name.length > nameCharsMax) {
    return `the length of '${name}' is longer than the max allowed length ${nameCharsMax}`
  }
  if (!legalName.test(name)) {
    return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
  }
  return null
}

export function hasCollisionChars(name: string): boolean {
  return name.includes('_') || name.includes('.')
}

/** Metric names turn '.' into '_', so topics that differ only there would share them. */
export function unifiedName(name: string): string {
  return name.replaceAll('.', '_')
}
