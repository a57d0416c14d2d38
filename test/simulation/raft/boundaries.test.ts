// A short life of a quorum (election, proposals, a snapshot, a change of members, a transfer) in
// which nothing goes wrong but one crash: between every two effects once.

import { describe, expect, it } from 'vitest'
import type { Faults } from './faults.ts'
import { runSeed } from './run-seed.ts'

const quiet: Partial<Faults> = {
  durationMs: 1_200,
  nodeCount: 4,
  voterCount: 3,
  lossChance: 0,
  duplicateChance: 0,
  delayMaxMs: 2,
  reorders: false,
  chunkCorruptionChance: 0,
  partitionEveryMs: 0,
  crashEveryMs: 0,
  pauseEveryMs: 0,
  clockJumpEveryMs: 0,
  transferEveryMs: 300,
  membershipEveryMs: 120,
  damageEveryMs: 0,
  wipeEveryMs: 0,
  falseAlarmEveryMs: 0,
  tellsOfCrashes: false,
  proposeEveryMs: 100,
  readEveryMs: 0,
  effectCrashChance: 0,
  driftMax: 0,
  diskMaxMs: 4,
  slowDiskChance: 0,
  groupsFlushes: false,
  batchesInputs: false,
  snapshotEveryEntries: 8,
  trailingEntries: 0,
  appendBytesMax: 200,
  inflightAppendsMax: 4,
  snapshotChunkBytes: 256,
}

function run(crashAtBoundary: number) {
  const outcome = runSeed({ seed: 8, faults: quiet, crashAtBoundary })
  if (outcome.type === 'broken') {
    throw new Error(`a crash at boundary ${crashAtBoundary}`, { cause: outcome.error })
  }
  return outcome.report
}

describe('a crash between two effects', () => {
  it('breaks nothing, wherever it comes', () => {
    const undisturbed = run(0)
    expect(undisturbed.elections).toBeGreaterThan(1)
    expect(undisturbed.quorumChanges).toBeGreaterThan(3)
    expect(undisturbed.snapshotsInstalled).toBeGreaterThan(0)
    for (let boundary = 1; boundary <= undisturbed.boundaries; boundary++) run(boundary)
  })
})
