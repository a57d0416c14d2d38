// What the members of a group of the consumer protocol subscribe to, read out of their metadata.
// Version 0 of the format is the beginning of every later one, so nothing else of it needs to be
// known.

import { DecodeError } from '@samsa/proto/wire/errors'
import { Reader } from '@samsa/proto/wire/reader'
import { type ClassicMember, metadataFor } from './classic-member.ts'

/** The topics of all members together; null when one member's metadata cannot be read. */
export function subscribedTopics(
  members: Iterable<ClassicMember>,
  protocolName: string | null,
): ReadonlySet<string> | null {
  const topics = new Set<string>()
  for (const member of members) {
    if (protocolName === null) return null
    try {
      readTopics(metadataFor(member, protocolName), topics)
    } catch (error) {
      if (error instanceof DecodeError) return null
      throw error
    }
  }
  return topics
}

function readTopics(metadata: Buffer, topics: Set<string>): void {
  const reader = new Reader(metadata)
  if (reader.int16() < 0) reader.fail('negative version')
  const count = reader.arrayLength(false)
  for (let index = 0; index < count; index++) {
    const length = reader.stringLength(false)
    if (length < 0) reader.fail('null topic')
    topics.add(reader.text(length))
  }
}
