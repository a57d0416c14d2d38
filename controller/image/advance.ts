// The image that records would make of another: for decisions in steps, each of which must see what
// the one before decided.

import type { MetadataImage } from '../image.ts'
import { decodeRecord, encodeRecord, type NewRecord } from '../records/record.ts'
import { replay } from '../replay.ts'
import { MetadataDraft } from './draft.ts'

export function imageAfter(image: MetadataImage, records: readonly NewRecord[]): MetadataImage {
  if (records.length === 0) return image
  const draft = new MetadataDraft(image)
  // Through bytes, which give each field that was left out its default.
  for (const record of records) replay(draft, decodeRecord(encodeRecord(record)))
  return draft.finish(image.offset + records.length, image.controllerId).image
}
