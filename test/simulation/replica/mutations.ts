// Ways to break the replication of partitions on purpose. The simulator must notice each of them,
// or it would not notice the same mistake made by accident.

import type { Faults } from './faults.ts'
import type { Flaw } from './flaws.ts'

export interface Mutation {
  readonly flaws: readonly Flaw[]
  /** Faults among which it shows soonest, where the usual mixture is slow to find it. */
  readonly faults?: Partial<Faults>
  /** Seeds before it did not show it when it was last looked at, 2026-11-21: to save their time. */
  readonly firstSeed?: number
}

/** Nothing goes wrong but what a mutation needs. */
const calm: Partial<Faults> = {
  durationMs: 5_000,
  delayMaxMs: 1,
  diskMaxMs: 3,
  metadataDelayMaxMs: 2,
  produceEveryMs: 10,
  partitionEveryMs: 0,
  streamBreakEveryMs: 0,
  crashEveryMs: 0,
  pauseEveryMs: 0,
  shutdownEveryMs: 0,
  controllerChangeEveryMs: 0,
  controllerPauseEveryMs: 0,
  wrongFenceEveryMs: 0,
  reassignEveryMs: 0,
  electEveryMs: 0,
  deleteRecordsEveryMs: 0,
  silentDeathChance: 0,
  effectCrashChance: 0,
  askLossChance: 0,
  askTwiceChance: 0,
}

const powerCuts: Partial<Faults> = {
  ...calm,
  lossMode: 'power',
  minInsyncReplicas: 2,
  crashEveryMs: 150,
  restartEveryMs: 30,
  diskMaxMs: 15,
}

/** A process that asks the controller is gone, and another in its place, when it hears of it. */
const slowController: Partial<Faults> = { ...powerCuts, askDelayMaxMs: 950 }

/** With one copy less there are too few in sync. */
const twoReplicas: Partial<Faults> = { ...powerCuts, brokerCount: 3, replicationFactor: 2 }

/** Leaders come and go, and not everybody knows at once; some records are only on the leader. */
const manyElections: Partial<Faults> = {
  ...calm,
  electEveryMs: 60,
  wrongFenceEveryMs: 120,
  metadataDelayMaxMs: 200,
  delayMaxMs: 20,
  diskMaxMs: 10,
  produceEveryMs: 5,
  leaderAcksShare: 0.4,
  overWire: false,
}

export const mutations = {
  'a restarted broker leads as its former self': { flaws: ['starts early'], faults: powerCuts },
  'records are committed with too few in sync': { flaws: ['ignores min.insync.replicas'] },
  'a follower counts with what it was sent': {
    flaws: ['counts what is sent'],
    faults: { overWire: false },
  },
  'a follower takes what was meant for an earlier subscription': {
    flaws: ['takes old follows'],
    faults: { ...manyElections, delayMaxMs: 80, metadataDelayMaxMs: 20 },
    firstSeed: 550,
  },
  'a leader takes followers of another leader epoch': {
    flaws: ['follows any epoch'],
    faults: manyElections,
  },
  'a replica that is about to join is not waited for': { flaws: ['drops additions'] },
  'replicas join before they have caught up': { flaws: ['adds every replica'] },
  'leader epochs stay as they are': { flaws: ['one leader epoch'] },
  'acks=all is answered before the others have it': { flaws: ['acks early'] },
  'logs that part are taken for the same': { flaws: ['logs always agree'] },
  'followers cut their logs at their high watermark': { flaws: ['cuts to the high watermark'] },
  'a log that was cut remembers what it lost': { flaws: ['keeps producers of what is cut'] },
  'appends count before they are written': { flaws: ['acks unwritten'] },
  'the disk ignores flushes': { flaws: ['flushes nothing'], faults: { lossMode: 'flushed' } },
  'what is not committed is shown': { flaws: ['shows the log end'] },
  'a former process of a broker is let into the ISR': {
    flaws: ['any broker epoch'],
    faults: slowController,
    firstSeed: 80,
  },
  'an ISR is changed from what it no longer is': {
    flaws: ['any partition epoch'],
    firstSeed: 116,
  },
  'an unclean restart is taken for a clean one': { flaws: ['clean restarts'], faults: twoReplicas },
  'a leader comes from outside the ISR': { flaws: ['unclean elections'] },
} satisfies Record<string, Mutation>
