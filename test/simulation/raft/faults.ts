// Which faults a seed plays with, and how hard. Each seed has some and not others: a run in which
// everything fails at once reaches fewer states than many runs that each fail in their own way.

import type { Random } from '../shared/random.ts'

export interface Faults {
  readonly durationMs: number
  readonly nodeCount: number
  readonly voterCount: number
  /** Of one message. */
  readonly lossChance: number
  readonly duplicateChance: number
  readonly delayMaxMs: number
  /** Messages of a link overtake each other. */
  readonly reorders: boolean
  readonly chunkCorruptionChance: number
  /** Mean times between events; 0 for never. */
  readonly partitionEveryMs: number
  readonly crashEveryMs: number
  readonly pauseEveryMs: number
  readonly clockJumpEveryMs: number
  readonly transferEveryMs: number
  readonly membershipEveryMs: number
  readonly damageEveryMs: number
  readonly wipeEveryMs: number
  /** Voters are told that another is down, whether it is or not. */
  readonly falseAlarmEveryMs: number
  /** Voters are told of each crash, a little later and not always. */
  readonly tellsOfCrashes: boolean
  readonly proposeEveryMs: number
  readonly readEveryMs: number
  /** Between any two effects. */
  readonly effectCrashChance: number
  readonly driftMax: number
  readonly diskMaxMs: number
  readonly slowDiskChance: number
  /** Several operations share a flush. */
  readonly groupsFlushes: boolean
  /** Inputs gather and are stepped together. */
  readonly batchesInputs: boolean
  readonly snapshotEveryEntries: number
  readonly trailingEntries: number
  readonly appendBytesMax: number
  readonly inflightAppendsMax: number
  readonly snapshotChunkBytes: number
}

export function drawFaults(random: Random): Faults {
  const often = (lowMs: number, highMs: number, chance: number) =>
    random.chance(chance) ? random.between(lowMs, highMs) : 0
  const nodeCount = random.integer(3, 6)
  return {
    durationMs: random.integer(3_000, 8_000),
    nodeCount,
    voterCount: random.integer(random.chance(0.9) ? 3 : 1, Math.min(5, nodeCount)),
    lossChance: random.chance(0.5) ? random.between(0, 0.2) : 0,
    duplicateChance: random.chance(0.4) ? random.between(0, 0.3) : 0,
    delayMaxMs: random.pick([2, 10, 50, 200]),
    reorders: random.chance(0.5),
    chunkCorruptionChance: random.chance(0.5) ? 0.1 : 0,
    partitionEveryMs: often(200, 4_000, 0.6),
    crashEveryMs: often(150, 2_000, 0.6),
    pauseEveryMs: often(500, 3_000, 0.3),
    clockJumpEveryMs: often(500, 3_000, 0.2),
    transferEveryMs: often(200, 1_500, 0.4),
    membershipEveryMs: often(100, 1_000, 0.5),
    damageEveryMs: often(500, 2_000, 0.3),
    wipeEveryMs: often(500, 2_000, 0.25),
    proposeEveryMs: random.between(4, 60),
    readEveryMs: often(5, 100, 0.6),
    effectCrashChance: random.chance(0.4) ? random.between(0, 0.01) : 0,
    driftMax: random.chance(0.3) ? 0.1 : 0,
    diskMaxMs: random.pick([1, 5, 20, 80]),
    slowDiskChance: random.chance(0.3) ? 0.02 : 0,
    groupsFlushes: random.chance(0.5),
    batchesInputs: random.chance(0.4),
    snapshotEveryEntries: random.chance(0.6) ? random.integer(5, 60) : 0,
    trailingEntries: random.integer(0, 20),
    appendBytesMax: random.pick([1, 200, 2_000]),
    inflightAppendsMax: random.pick([1, 4, 32]),
    snapshotChunkBytes: random.pick([256, 4_096]),
    falseAlarmEveryMs: often(20, 1_000, 0.4),
    tellsOfCrashes: random.chance(0.5),
  }
}
