// Subscriptions by pattern (KIP-848): the shell matches patterns against all topics, apart from the
// heartbeats, since that takes long where there are many; what comes of it is stored, and changes
// the group when it differs.

import { Changes } from '../changes.ts'
import { commitChanges } from '../commit-changes.ts'
import type { RegexesResolvedEvent } from '../events.ts'
import type { Turn } from '../turn.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, regexOf } from './consumer-member.ts'
import { metadataHash } from './metadata-hash.ts'
import { refreshEpoch } from './subscription.ts'

/** The shortest time between two looks at all topics for one group, as in Kafka. */
const refreshIntervalMsMin = 10_000

/**
 * Whether what the member is known to subscribe to changed: 'resolved' when the topics that its new
 * pattern matches are known already.
 */
export type RegexChange = 'none' | 'changed' | 'resolved'

/** To be called once the changed member is in the group. */
export function onRegexChange(
  changes: Changes,
  group: ConsumerGroup,
  { before, after }: { before: ConsumerMember; after: ConsumerMember },
): RegexChange {
  if (before.subscribedRegex === after.subscribedRegex) return 'none'
  dropUnused(changes, group, regexOf(before))
  const regex = regexOf(after)
  return regex !== null && group.regexes.has(regex) ? 'resolved' : 'changed'
}

/** Forgets what a pattern matched that nobody subscribes to any more. */
export function dropUnused(changes: Changes, group: ConsumerGroup, regex: string | null): void {
  if (regex === null || group.regexMembers.has(regex) || !group.regexes.has(regex)) return
  changes.add({ type: 'regex', groupId: group.groupId, regex, value: null })
}

/** Asks for a look at the topics when one is due. */
export function refreshRegexes(turn: Turn, group: ConsumerGroup): void {
  const { regexMembers, regexes, groupId } = group
  if (regexMembers.size === 0 || group.resolvingRegexes) return
  let lastMs = Number.NEGATIVE_INFINITY
  let lastVersion = Number.NEGATIVE_INFINITY
  for (const { timestampMs, version } of regexes.values()) {
    lastMs = Math.max(lastMs, timestampMs)
    lastVersion = Math.max(lastVersion, version)
  }
  const nowMs = turn.now.wallMs
  if (nowMs <= lastMs + refreshIntervalMsMin) return
  const isDue =
    regexMembers.size !== regexes.size ||
    lastVersion < turn.topics.createdVersion ||
    nowMs > lastMs + turn.config.consumer.regexRefreshIntervalMs
  if (!isDue) return
  group.resolvingRegexes = true
  turn.effects.push({ type: 'resolveRegexes', groupId, regexes: [...regexMembers.keys()] })
}

export function onRegexesResolved(turn: Turn, event: RegexesResolvedEvent): void {
  const { groupId, version } = event
  const group = turn.state.groups.get(groupId)
  if (group?.type !== 'consumer') return
  group.resolvingRegexes = false
  if (group.deletionWriteId !== null) return
  const changes = new Changes(turn.state, groupId)
  let differs = false
  for (const [regex, topics] of event.matches) {
    if (!group.regexMembers.has(regex)) continue
    const before = group.regexes.get(regex)?.topics ?? new Set<string>()
    if (!sameTopics(before, topics)) differs = true
    const value = { topics, version, timestampMs: turn.now.wallMs }
    changes.add({ type: 'regex', groupId, regex, value })
  }
  const hash = metadataHash(group.subscribedTopics, turn.topics)
  refreshEpoch(turn, changes, { group, must: differs || hash !== group.metadataHash })
  commitChanges(turn, changes, null)
}

function sameTopics(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a.size !== b.size) return false
  for (const topic of a) if (!b.has(topic)) return false
  return true
}
