// Where our answers to the admin scenario are not Kafka's, on purpose: by the step's title, what is
// ours at a path.

/** By the title of a step and the path in its answer. */
type Differences = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export const knownDifferences: Differences = {
  // The sentences of the error table are our own.
  'the quorum of another topic': {
    '/topics/0/partitions/0/errorMessage': 'This server does not know the topic or partition.',
  },
  'an unknown operation': {
    '/responses/0/errorCode': 42,
    '/responses/0/errorMessage': 'Unknown operations type 9',
  },
  'of an unknown kind': { '/results/0/errorMessage': 'Unknown resource type 77' },
  // Loggers have no configs here; Kafka lists each broker once more, as the last of its resources.
  'all kinds': { '/configResources/-1': undefined },
}

export const clusterDifferences: Differences = {
  // Kafka names any broker; ours is the one whose controller is active, here always the same.
  'the brokers that are alive': { '/controllerId': 1 },
  'all brokers': { '/controllerId': 1 },
  'all brokers but it': { '/controllerId': 1 },
  // Kafka says a message where it means none.
  'validate only': { '/results/0/errorMessage': null },
}

/** Kafka's answer with what is ours put in its place. */
export function expectedOf(title: string, answer: unknown): unknown {
  return expectedIn(knownDifferences, title, answer)
}

export function expectedIn(differences: Differences, title: string, answer: unknown): unknown {
  const ours = structuredClone(answer)
  for (const [path, value] of Object.entries(differences[title] ?? {})) put(ours, path, value)
  return ours
}

function put(answer: unknown, path: string, value: unknown): void {
  const names = path.split('/').slice(1)
  const last = names.pop() ?? ''
  let at = answer as Record<string, unknown>
  for (const name of names) at = at[name] as Record<string, unknown>
  if (Array.isArray(at) && last === '-1') at.pop()
  else at[last] = value
}
