// The core's messages as those of proto/grpc/raft.proto, and back. What comes in has been decoded,
// and may still be nonsense: then there is no message.

import type {
  AppendInit,
  ConfigurationInit,
  EntryInit,
  PeerMessage,
  PeerMessageInit,
  Append as WireAppend,
  Configuration as WireConfiguration,
  Entry as WireEntry,
  SnapshotChunk as WireSnapshotChunk,
} from '@samsa/proto/grpc/gen/raft'
import { assertNever } from '../core/assert.ts'
import type { Append, Message, SnapshotChunk } from '../core/messages.ts'
import type { Configuration, Entry, VoterId } from '../core/types.ts'

export function toWire(message: Message): PeerMessageInit {
  switch (message.type) {
    case 'requestVote':
      return { requestVote: message }
    case 'vote':
      return { vote: message }
    case 'append':
      return { append: appendToWire(message) }
    case 'appended':
      return { appended: message }
    case 'appendRejected':
      return { appendRejected: message }
    case 'heartbeat':
      return { heartbeat: message }
    case 'heartbeatAck':
      return { heartbeatAck: message }
    case 'snapshotChunk': {
      const { term, snapshot, position, bytes, checksum } = message
      return { snapshotChunk: { term, snapshot, position, data: bytes, checksum } }
    }
    case 'snapshotProgress':
      return { snapshotProgress: message }
    case 'timeoutNow':
      return { timeoutNow: message }
    case 'laterTerm':
      return { laterTerm: message }
    default:
      return assertNever(message)
  }
}

function appendToWire({ term, previousIndex, previousTerm, entries, commit }: Append): AppendInit {
  return { term, previousIndex, previousTerm, commit, entries: entries.map(entryToWire) }
}

function entryToWire(entry: Entry): EntryInit {
  const { term } = entry
  switch (entry.type) {
    case 'noop':
      return { term, noop: {} }
    case 'data':
      return { term, data: entry.data }
    case 'configuration':
      return { term, configuration: entry.configuration satisfies ConfigurationInit }
    default:
      return assertNever(entry)
  }
}

/** Null for a message that nobody who knows the protocol sends. */
export function fromWire(wire: PeerMessage): Message | null {
  switch (wire.kind) {
    case 'requestVote': {
      const { term, lastIndex, lastTerm, preVote, transfer } = wire.requestVote
      return { type: 'requestVote', term, lastIndex, lastTerm, preVote, transfer }
    }
    case 'vote': {
      const { term, preVote, granted } = wire.vote
      return { type: 'vote', term, preVote, granted }
    }
    case 'append':
      return appendFromWire(wire.append)
    case 'appended': {
      const { term, matchIndex } = wire.appended
      return { type: 'appended', term, matchIndex }
    }
    case 'appendRejected': {
      const { term, rejectedIndex, hintIndex, hintTerm } = wire.appendRejected
      return { type: 'appendRejected', term, rejectedIndex, hintIndex, hintTerm }
    }
    case 'heartbeat': {
      const { term, commit, round } = wire.heartbeat
      return { type: 'heartbeat', term, commit, round }
    }
    case 'heartbeatAck': {
      const { term, round } = wire.heartbeatAck
      return { type: 'heartbeatAck', term, round }
    }
    case 'snapshotChunk':
      return chunkFromWire(wire.snapshotChunk)
    case 'snapshotProgress': {
      const { term, index, receivedBytes } = wire.snapshotProgress
      return { type: 'snapshotProgress', term, index, receivedBytes }
    }
    case 'timeoutNow':
      return { type: 'timeoutNow', term: wire.timeoutNow.term }
    case 'laterTerm':
      return { type: 'laterTerm', term: wire.laterTerm.term }
    case 'hello':
    case undefined:
      return null
    default:
      return assertNever(wire)
  }
}

function appendFromWire(wire: WireAppend): Append | null {
  const { term, previousIndex, previousTerm, commit } = wire
  const entries: Entry[] = []
  for (const each of wire.entries) {
    const entry = entryFromWire(each, previousIndex + entries.length + 1)
    if (entry === null) return null
    entries.push(entry)
  }
  return { type: 'append', term, previousIndex, previousTerm, entries, commit }
}

function entryFromWire(wire: WireEntry, index: number): Entry | null {
  const { term } = wire
  switch (wire.content) {
    case 'noop':
      return { type: 'noop', index, term }
    case 'data':
      return { type: 'data', index, term, data: wire.data }
    case 'configuration': {
      const configuration = configurationFromWire(wire.configuration)
      return { type: 'configuration', index, term, configuration }
    }
    case undefined:
      return null
    default:
      return assertNever(wire)
  }
}

function configurationFromWire(wire: WireConfiguration): Configuration {
  return {
    voters: wire.voters as VoterId[],
    outgoing: wire.outgoing as VoterId[],
    learners: wire.learners as VoterId[],
  }
}

function chunkFromWire(wire: WireSnapshotChunk): SnapshotChunk | null {
  const { snapshot } = wire
  if (snapshot === null || snapshot.configuration === null) return null
  const { index, term, sizeBytes, checksum } = snapshot
  const configuration = configurationFromWire(snapshot.configuration)
  return {
    type: 'snapshotChunk',
    term: wire.term,
    snapshot: { index, term, sizeBytes, checksum, configuration },
    position: wire.position,
    bytes: wire.data,
    checksum: wire.checksum,
  }
}
