// Which faults a seed plays with, and how hard. Each seed has some and not others: a run in which
// everything fails at once reaches fewer states than many runs that each fail in their own way.

import type { Random } from '../shared/random.ts'

/**
 * How brokers lose what they have. `kill`: never, any number of them is killed at any time.
 * `power`: what was not flushed, one broker at a time. `flushed`: what was not flushed, but every
 * write is before it counts, so that any number of them may.
 */
export type LossMode = 'kill' | 'power' | 'flushed'

export interface Faults {
  readonly durationMs: number
  readonly brokerCount: number
  readonly partitionCount: number
  readonly replicationFactor: number
  readonly minInsyncReplicas: number
  readonly lossMode: LossMode
  readonly lagTimeMaxMs: number
  readonly delayMaxMs: number
  readonly diskMaxMs: number
  readonly metadataDelayMaxMs: number
  /** Mean times between events; 0 for never. */
  readonly partitionEveryMs: number
  readonly streamBreakEveryMs: number
  readonly crashEveryMs: number
  /** Of brokers that are down. */
  readonly restartEveryMs: number
  readonly pauseEveryMs: number
  readonly shutdownEveryMs: number
  readonly controllerChangeEveryMs: number
  readonly controllerPauseEveryMs: number
  /** Brokers that live are fenced. */
  readonly wrongFenceEveryMs: number
  readonly reassignEveryMs: number
  readonly electEveryMs: number
  readonly deleteRecordsEveryMs: number
  /** Up to offsets within batches, too. */
  readonly deletesWithinBatches: boolean
  readonly silentDeathChance: number
  /** Of one request to the controller, or one answer. */
  readonly askLossChance: number
  readonly askTwiceChance: number
  readonly askDelayMaxMs: number
  /** At each thing that leaves a broker. */
  readonly effectCrashChance: number
  readonly producerCount: number
  readonly produceEveryMs: number
  readonly inFlightMax: number
  /** Of producers that are content with the leader's word. */
  readonly leaderAcksShare: number
  readonly consumerCount: number
  /** Brokers replicate over the product's own streams, not over those of the model. */
  readonly overWire: boolean
}

export function drawFaults(random: Random): Faults {
  const often = (lowMs: number, highMs: number, chance: number) =>
    random.chance(chance) ? random.between(lowMs, highMs) : 0
  const brokerCount = random.pick([3, 3, 4, 5])
  const deleteRecordsEveryMs = often(200, 2_000, 0.3)
  const lossMode = random.pick(['kill', 'kill', 'power', 'flushed'] as const)
  const replicationFactor = random.chance(0.85) ? 3 : random.pick([2, Math.min(brokerCount, 4)])
  return {
    durationMs: random.integer(3_000, 7_000),
    brokerCount,
    partitionCount: random.integer(1, 3),
    replicationFactor,
    // A record on one disk does not outlive that disk's loss.
    minInsyncReplicas: random.chance(0.9) || lossMode === 'power' ? 2 : 1,
    lossMode,
    lagTimeMaxMs: random.pick([150, 400, 1_500]),
    delayMaxMs: random.pick([1, 5, 20, 80]),
    diskMaxMs: random.pick([0.5, 3, 15, 60]),
    metadataDelayMaxMs: random.pick([2, 20, 200]),
    partitionEveryMs: often(200, 3_000, 0.6),
    streamBreakEveryMs: often(20, 500, 0.5),
    crashEveryMs: often(150, 2_000, 0.7),
    restartEveryMs: 300,
    pauseEveryMs: often(400, 3_000, 0.4),
    shutdownEveryMs: often(500, 3_000, 0.4),
    controllerChangeEveryMs: often(200, 2_000, 0.4),
    controllerPauseEveryMs: often(400, 2_000, 0.3),
    wrongFenceEveryMs: often(100, 1_500, 0.4),
    reassignEveryMs: often(300, 2_000, 0.4),
    electEveryMs: often(100, 1_000, 0.4),
    deleteRecordsEveryMs,
    deletesWithinBatches: random.chance(0.5),
    silentDeathChance: random.chance(0.4) ? 0.5 : 0,
    askLossChance: random.chance(0.4) ? random.between(0, 0.4) : 0,
    askTwiceChance: random.chance(0.4) ? random.between(0, 0.5) : 0,
    askDelayMaxMs: random.pick([1, 20, 500]),
    effectCrashChance: random.chance(0.4) ? random.between(0, 0.004) : 0,
    producerCount: random.integer(1, 3),
    produceEveryMs: random.between(5, 80),
    // A replica that is made from a later log start on does not know who wrote before it, and takes
    // any sequence from a producer that it does not know.
    inFlightMax: deleteRecordsEveryMs === 0 ? random.pick([1, 5]) : 1,
    leaderAcksShare: random.chance(0.4) ? 0.4 : 0,
    consumerCount: random.integer(1, 3),
    overWire: random.chance(0.5),
  }
}
