// Cuts a log's segments at an offset. The later segments go first, the last one before the others,
// so that a crash in between leaves a shorter log and never a gap. What is cut is gone for good
// before anything is appended: power loss must not bring old batches back behind new ones.

import type { LogHome } from './log-home.ts'
import type { LogState } from './log-state.ts'
import { reloadProducers } from './producer/reload.ts'
import { Segment } from './segment.ts'
import { locateBatch } from './segment-locate.ts'

/** Keeps what is below `offset`; nothing may be appended or read meanwhile. */
export async function truncateLog(state: LogState, home: LogHome, offset: number): Promise<void> {
  const { segments } = state
  const keptIndex = segments.indexFor(offset)
  for (const segment of segments.removeFrom(keptIndex + 1).toReversed()) await segment.remove()
  await home.context.files.disk.syncDirectory(state.identity.directory)
  const { active } = segments
  const position = await locateBatch(active, offset)
  await active.truncate(offset, position, home.clock.nowMs())
  state.cut(offset)
  await state.snapshots.removeAbove(offset)
  await reloadProducers({
    producers: state.producers,
    snapshots: state.snapshots,
    segments: segments.all,
    endOffset: offset,
    nowMs: home.clock.nowMs(),
    expirationMs: home.producerIdExpirationMs,
  })
}

/** Empties the log: its next batch has `offset`. */
export async function restartLog(state: LogState, home: LogHome, offset: number): Promise<void> {
  const { segments, identity } = state
  for (const segment of segments.removeFrom(0).toReversed()) await segment.remove()
  const birth = { createdMs: home.clock.nowMs(), jitterMs: 0 }
  const fresh = new Segment(home.context, identity.directory, offset, birth)
  // Its name tells a restart where the log begins.
  await fresh.make()
  await home.context.files.disk.syncDirectory(identity.directory)
  segments.restart(fresh)
  await state.snapshots.removeAbove(-1)
  state.producers.clear(offset)
  state.epochs.clear()
  state.cut(offset, offset)
}
