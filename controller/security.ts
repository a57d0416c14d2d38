// Access control entries and SCRAM credentials as the metadata log has them. Nothing asks them yet
// whom to let in. Credentials are keys derived from passwords, and stay out of logs all the same.

import { MetadataRecordError } from './errors.ts'
import type { MetadataDraft } from './image/draft.ts'
import type { AccessControlEntry, ScramCredential } from './image.ts'
import type { NewRecord, RecordOf } from './records/record.ts'

export function replayAccessControlEntry(
  draft: MetadataDraft,
  record: RecordOf<'accessControlEntry'>,
): void {
  const { type: _, ...entry } = record
  if (draft.accessControlEntries.get(entry.id) !== undefined) {
    throw new MetadataRecordError(`access control entry ${entry.id} is there already`)
  }
  draft.accessControlEntries.set(entry.id, entry)
}

export function replayRemoveAccessControlEntry(
  draft: MetadataDraft,
  { id }: RecordOf<'removeAccessControlEntry'>,
): void {
  if (draft.accessControlEntries.get(id) === undefined) {
    throw new MetadataRecordError(`access control entry ${id} is removed, but there is none`)
  }
  draft.accessControlEntries.delete(id)
}

export function accessControlRecord(entry: AccessControlEntry): NewRecord {
  return { type: 'accessControlEntry', ...entry }
}

/** A user has one credential a mechanism. */
export function scramKey({ name, mechanism }: Pick<ScramCredential, 'name' | 'mechanism'>): string {
  return `${mechanism}:${name}`
}

export function replayScramCredential(
  draft: MetadataDraft,
  record: RecordOf<'userScramCredential'>,
): void {
  const { type: _, ...credential } = record
  draft.scramCredentials.set(scramKey(credential), credential)
}

export function replayRemoveScramCredential(
  draft: MetadataDraft,
  record: RecordOf<'removeUserScramCredential'>,
): void {
  draft.scramCredentials.delete(scramKey(record))
}

export function scramCredentialRecord(credential: ScramCredential): NewRecord {
  return { type: 'userScramCredential', ...credential }
}
