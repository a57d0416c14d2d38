// Puts a segment that the cleaner wrote in the place of those it was made from, so that a crash at
// any point leaves the log as it was or as it becomes. The names are Kafka's: .cleaned files are
// of no use after a crash; once the log file is called .swap it is the log's, and a start finishes
// what was begun (swap-recovery.ts).

import { assert } from '../../assert.ts'
import { cleanedSuffix, deletedSuffix, swapSuffix } from '../file-names.ts'
import type { LogHome } from '../log-home.ts'
import type { LogState } from '../log-state.ts'
import { Segment } from '../segment.ts'

/**
 * `old`: a run of the log's segments, whose cleaned files are on the device. Returns the segment
 * that takes their place; nothing else may change the log's files meanwhile.
 */
export async function swapSegments(
  state: LogState,
  home: LogHome,
  old: readonly Segment[],
): Promise<Segment> {
  const { segments, identity, snapshots } = state
  const [first] = old
  assert(first !== undefined && !old.includes(segments.active), 'segments that are closed')
  const { disk } = home.context.files
  const birth = { createdMs: home.clock.nowMs(), jitterMs: 0 }
  const { directory } = identity
  const fresh = new Segment(home.context, directory, first.baseOffset, birth, cleanedSuffix)
  await fresh.load()
  await fresh.renameAll(cleanedSuffix, swapSuffix)
  await disk.syncDirectory(directory)
  segments.replace(old, fresh)
  // The log file goes last: as long as it is there, no file of that name is a new one.
  for (const segment of old.toReversed()) await segment.renameAll('', deletedSuffix)
  await disk.syncDirectory(directory)
  await fresh.renameAll(swapSuffix, '')
  await disk.syncDirectory(directory)
  // Each segment has the producers at its beginning in a file; those of the others are of no use.
  const bases = new Set(old.slice(1).map((segment) => segment.baseOffset))
  await snapshots.removeAt(bases)
  return fresh
}
