// Effects and messages as a reviewer reads them. Voters are named by node; a directory other than
// "a" is shown.

import { assertNever } from '@samsa/raft/core/assert'
import type { Effect } from '@samsa/raft/core/effects'
import type { Message } from '@samsa/raft/core/messages'
import type { Configuration, Entry, HardState, VoterId } from '@samsa/raft/core/types'

export function nameOf(id: VoterId): string {
  return id.endsWith('@a') ? id.slice(0, -2) : id
}

function listOf(ids: readonly VoterId[]): string {
  return ids.map(nameOf).join(' ')
}

export function describeConfiguration({ voters, outgoing, learners }: Configuration): string {
  const parts = [`voters ${listOf(voters)}`]
  if (outgoing.length > 0) parts.push(`outgoing ${listOf(outgoing)}`)
  if (learners.length > 0) parts.push(`learners ${listOf(learners)}`)
  return parts.join(', ')
}

export function describeEntry(entry: Entry): string {
  const at = `${entry.index}/${entry.term}`
  switch (entry.type) {
    case 'data':
      return `${at} "${entry.data.toString()}"`
    case 'noop':
      return `${at} noop`
    case 'configuration':
      return `${at} {${describeConfiguration(entry.configuration)}}`
    default:
      return assertNever(entry)
  }
}

function describeEntries(entries: readonly Entry[]): string {
  const [first] = entries
  const last = entries.at(-1)
  if (first === undefined || last === undefined) return ''
  if (entries.length > 4) return ` entries ${first.index}/${first.term}..${last.index}/${last.term}`
  return ` entries ${entries.map(describeEntry).join(', ')}`
}

function describeHardState({ term, votedFor, damagedInTerm }: HardState): string {
  const vote = votedFor === null ? 'no vote' : `vote ${nameOf(votedFor)}`
  const damaged = damagedInTerm === null ? '' : `, damaged in term ${damagedInTerm}`
  return ` term ${term}, ${vote}${damaged};`
}

export function describeMessage(message: Message): string {
  const head = `${message.type} t${message.term}`
  switch (message.type) {
    case 'requestVote': {
      const kind = message.preVote ? ' pre-vote' : message.transfer ? ' transfer' : ''
      return `${head}${kind} last ${message.lastIndex}/${message.lastTerm}`
    }
    case 'vote':
      return `${head}${message.preVote ? ' pre-vote' : ''} ${message.granted ? 'granted' : 'refused'}`
    case 'append': {
      const { previousIndex, previousTerm, entries, commit } = message
      return `${head} after ${previousIndex}/${previousTerm}${describeEntries(entries)} commit ${commit}`
    }
    case 'appended':
      return `${head} match ${message.matchIndex}`
    case 'appendRejected': {
      const { rejectedIndex, hintIndex, hintTerm } = message
      return `${head} at ${rejectedIndex}, hint ${hintIndex}/${hintTerm}`
    }
    case 'heartbeat':
      return `${head} round ${message.round} commit ${message.commit}`
    case 'heartbeatAck':
      return `${head} round ${message.round}`
    case 'snapshotChunk': {
      const { snapshot, position, bytes } = message
      const end = position + bytes.length
      return `${head} ${snapshot.index}/${snapshot.term} bytes ${position}..${end} of ${snapshot.sizeBytes}`
    }
    case 'snapshotProgress':
      return `${head} ${message.index} received ${message.receivedBytes}`
    case 'timeoutNow':
    case 'laterTerm':
      return head
    default:
      return assertNever(message)
  }
}

/** The line of an effect, or null when it says nothing that another line does not. */
export function describeEffect(effect: Effect): string | null {
  switch (effect.type) {
    case 'persist': {
      const { token, hardState, snapshot, truncateFrom, entries } = effect
      const parts = [
        hardState === undefined ? '' : describeHardState(hardState),
        snapshot === undefined ? '' : ` snapshot ${snapshot.index}/${snapshot.term}`,
        truncateFrom === undefined ? '' : ` truncate from ${truncateFrom}`,
        describeEntries(entries),
      ]
      return `persist #${token}${parts.join('')}`.replace(/;$/, '')
    }
    case 'send': {
      const waits = effect.after === undefined ? '' : ` (waits for #${effect.after})`
      return `-> ${nameOf(effect.to)} ${describeMessage(effect.message)}${waits}`
    }
    case 'apply':
      return `apply${describeEntries(effect.entries).replace(' entries', '')}`
    case 'restoreSnapshot':
      return `restore snapshot ${effect.snapshot.index}/${effect.snapshot.term}`
    case 'configurationApplied':
      return `quorum at ${effect.index}: ${describeConfiguration(effect.configuration)}`
    case 'becameLeader':
      return `BECAME LEADER of term ${effect.term}`
    case 'leaderReady':
      return `leader of term ${effect.term} is ready at ${effect.index}`
    case 'steppedDown':
      return `STEPPED DOWN in term ${effect.term}: ${effect.reason}`
    case 'leaderChanged':
      return effect.leader === null
        ? `knows no leader in term ${effect.term}`
        : `follows ${nameOf(effect.leader)} in term ${effect.term}`
    case 'proposed':
      return null
    case 'proposalRefused':
    case 'membershipRefused':
    case 'readRefused': {
      const leader = effect.leader === null ? 'unknown' : nameOf(effect.leader)
      return `${effect.type} ${effect.reason}, leader ${leader}`
    }
    case 'readReady':
      return `read ${effect.requestId} may be answered at ${effect.index}`
    case 'membershipAccepted':
      return `membership change begins at ${effect.index}`
    case 'transferEnded':
      return `transfer to ${effect.to === null ? 'anyone' : nameOf(effect.to)} ended: ${effect.reason}`
    case 'sendSnapshotChunk':
      return null
    case 'writeSnapshotChunk': {
      const end = effect.position + effect.bytes.length
      return `write snapshot ${effect.snapshot.index} bytes ${effect.position}..${end}`
    }
    case 'discardSnapshot':
      return `discard received part of snapshot ${effect.snapshot.index}`
    case 'compactLog':
      return `compact through ${effect.throughIndex}`
    default:
      return assertNever(effect)
  }
}
