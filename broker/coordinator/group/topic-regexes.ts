// Patterns over topic names in the syntax of RE2 (KIP-848), matched in time that grows only with
// their length: a hostile pattern cannot hold the broker up. The only importer of re2js, which is
// loaded with the first pattern.

import type { TopicsView } from './topics-view.ts'

/** Matches each pattern against all topics; a pattern that is none matches nothing. */
export type MatchRegexes = (
  regexes: readonly string[],
  topics: TopicsView,
  isGivenUp: () => boolean,
) => Promise<ReadonlyMap<string, ReadonlySet<string>>>

/** Longer patterns are refused: one costs memory in proportion, and topic names have 249 at most. */
export const regexLengthMax = 4_096

/** Names held against all patterns of a group in one turn of the event loop: under 5 ms. */
const namesPerTurn = 500

const loadRe2 = () => import('re2js')

/** What is wrong with the pattern; null when nothing is. */
export async function regexProblem(regex: string): Promise<string | null> {
  if (regex.length > regexLengthMax) return `it has more than ${regexLengthMax} characters`
  const { RE2JS, RE2JSException } = await loadRe2()
  try {
    RE2JS.compile(regex)
    return null
  } catch (error) {
    if (error instanceof RE2JSException) return error.message
    throw error
  }
}

export const matchRegexes: MatchRegexes = async (regexes, topics, isGivenUp) => {
  const { RE2JS } = await loadRe2()
  const valid: string[] = []
  for (const regex of regexes) if ((await regexProblem(regex)) === null) valid.push(regex)
  const patterns = valid.map((regex) => ({
    compiled: RE2JS.compile(regex),
    matching: new Set<string>(),
    regex,
  }))
  let count = 0
  for (const name of topics.names()) {
    for (const { compiled, matching } of patterns) if (compiled.matches(name)) matching.add(name)
    if (++count % namesPerTurn !== 0) continue
    await new Promise((resolve) => setImmediate(resolve))
    if (isGivenUp()) break
  }
  const none = regexes.filter((regex) => !valid.includes(regex))
  return new Map([
    ...patterns.map(({ regex, matching }) => [regex, matching] as const),
    ...none.map((regex) => [regex, new Set<string>()] as const),
  ])
}
