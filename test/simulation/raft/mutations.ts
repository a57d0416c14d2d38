// Ways to break a voter, its driver or its disk on purpose. The simulator must notice each of them,
// or it would not notice the same mistake made by accident.

import { type Rules, rules } from '@samsa/raft/core/rules'
import type { Configuration } from '@samsa/raft/core/types'
import type { Faults } from './faults.ts'
import type { DiskFlaws } from './model-disk.ts'

export interface Mutation {
  readonly rules?: Partial<Rules>
  readonly flaws?: DiskFlaws
  /** The driver sends without waiting for the disk. */
  readonly ignoresAfter?: boolean
  /** A leader answers reads for as long as its own clock says that it leads. */
  readonly readsByTheClock?: boolean
  /** A wiped disk comes back under its old name. */
  readonly wipesKeepIdentity?: boolean
  /** Faults among which it shows soonest, where the usual mixture is slow to find it. */
  readonly faults?: Partial<Faults>
}

export interface NumberedMutation extends Mutation {
  /** Which of the invariants that the project's tests go by (see checker.ts). */
  readonly breaks: number
}

/**
 * Short appends and voters that die between any two effects: how figure 8 of the Raft paper comes
 * about.
 */
const figureEight: Partial<Faults> = {
  nodeCount: 3,
  voterCount: 3,
  durationMs: 8_000,
  appendBytesMax: 1,
  inflightAppendsMax: 1,
  delayMaxMs: 50,
  diskMaxMs: 1,
  proposeEveryMs: 50,
  effectCrashChance: 0.03,
  lossChance: 0,
  duplicateChance: 0,
  partitionEveryMs: 0,
  crashEveryMs: 0,
  pauseEveryMs: 0,
  clockJumpEveryMs: 0,
  transferEveryMs: 0,
  membershipEveryMs: 0,
  damageEveryMs: 0,
  wipeEveryMs: 0,
  readEveryMs: 0,
  snapshotEveryEntries: 0,
}

/**
 * Leaders that are stopped, and asked when they go on without having heard what happened meanwhile.
 */
const stalledLeaders: Partial<Faults> = {
  nodeCount: 3,
  voterCount: 3,
  durationMs: 8_000,
  appendBytesMax: 2_000,
  delayMaxMs: 10,
  readEveryMs: 5,
  proposeEveryMs: 20,
  partitionEveryMs: 2_500,
  pauseEveryMs: 800,
  crashEveryMs: 0,
  clockJumpEveryMs: 0,
  membershipEveryMs: 0,
  damageEveryMs: 0,
  wipeEveryMs: 0,
}

/** Clocks that jump, so that what was heard long ago seems to have been heard just now. */
const wildClocks: Partial<Faults> = {
  ...stalledLeaders,
  pauseEveryMs: 0,
  partitionEveryMs: 700,
  clockJumpEveryMs: 300,
  // Leases end early with these, also where clocks are right.
  falseAlarmEveryMs: 0,
  tellsOfCrashes: false,
  transferEveryMs: 0,
  driftMax: 0,
}

/** Disks that lose entries, again and again. */
const bitRot: Partial<Faults> = {
  nodeCount: 3,
  voterCount: 3,
  damageEveryMs: 200,
  wipeEveryMs: 0,
  membershipEveryMs: 0,
  snapshotEveryEntries: 0,
}

/** Snapshots of one message, many of them and most of them late. */
const lateSnapshots: Partial<Faults> = {
  snapshotEveryEntries: 5,
  trailingEntries: 0,
  snapshotChunkBytes: 4_096,
  reorders: true,
  duplicateChance: 0.5,
  lossChance: 0.2,
  delayMaxMs: 200,
}

/** As if the change were done when it has only begun. */
function onlyNew(configuration: Configuration): Configuration {
  return { ...configuration, outgoing: [] }
}

export const mutations = {
  'a vote leaves before it is durable': {
    breaks: 4,
    rules: { gate: (message) => (message.type === 'vote' ? 'none' : rules.gate(message)) },
  },
  'an acknowledgement leaves before it is durable': {
    breaks: 4,
    rules: { gate: (message) => (message.type === 'appended' ? 'ballot' : rules.gate(message)) },
  },
  'the driver sends without waiting': { breaks: 4, ignoresAfter: true },
  'the disk ignores flushes': { breaks: 3, flaws: { lies: true } },
  'two votes in one term': { breaks: 1, rules: { mayVote: () => true } },
  'half of the votes are enough': {
    breaks: 1,
    rules: {
      wins: ({ voters }, granted) => voters.filter(granted).length >= voters.length / 2,
    },
  },
  'a vote for a log that is behind': { breaks: 2, rules: { isUpToDate: () => true } },
  'an entry of an earlier term is committed by counting': {
    breaks: 2,
    rules: { mayCommit: () => true },
    faults: figureEight,
  },
  'votes are given within the lease': { breaks: 5, rules: { holdsLease: () => false } },
  'a joint quorum needs only the new majority': {
    breaks: 6,
    rules: {
      wins: (configuration, granted) => rules.wins(onlyNew(configuration), granted),
      reached: (configuration, valueOf) => rules.reached(onlyNew(configuration), valueOf),
    },
  },
  'appends are taken without looking at what is before them': {
    breaks: 2,
    rules: { continues: () => true },
  },
  'reads are answered without asking the quorum': {
    breaks: 10,
    rules: { readConfirmed: () => true },
    faults: stalledLeaders,
  },
  'a damaged voter votes at once': { breaks: 9, rules: { hasHealed: () => true }, faults: bitRot },
  'an older snapshot takes the place of the log': {
    breaks: 8,
    rules: { isNews: () => true },
    faults: lateSnapshots,
  },
  'received snapshots are not checked': {
    breaks: 8,
    rules: { chunkIntact: () => true },
    flaws: { trustsSnapshots: true },
  },
  'a wiped disk keeps its name': { breaks: 7, wipesKeepIdentity: true },
  'a restart forgets the last term and vote': { breaks: 3, flaws: { forgetsBallot: true } },
  'a leader without a quorum goes on': { breaks: 5, rules: { losesOffice: () => false } },
  'a leader trusts its clock to tell that it leads': {
    breaks: 11,
    readsByTheClock: true,
    faults: wildClocks,
  },
} satisfies Record<string, NumberedMutation>
