// Ways to break the replication of partitions on purpose. The simulator must notice each of them,
// or it would not notice the same mistake made by accident.

import type { Faults } from './faults.ts'
import type { Flaw } from './flaws.ts'

export interface Mutation {
  readonly flaws: readonly Flaw[]
  /** Faults among which it shows soonest, where the usual mixture is slow to find it. */
  readonly faults?: Partial<Faults>
}

const powerCuts: Partial<Faults> = { lossMode: 'power', crashEveryMs: 300 }

export const mutations = {
  'a restarted broker leads as its former self': { flaws: ['starts early'], faults: powerCuts },
  'records are committed with too few in sync': { flaws: ['ignores min.insync.replicas'] },
  'a follower counts with what it was sent': { flaws: ['counts what is sent'] },
  'a follower takes what was meant for an earlier subscription': { flaws: ['takes old follows'] },
  'a leader takes followers of another leader epoch': { flaws: ['follows any epoch'] },
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
  'a former process of a broker is let into the ISR': { flaws: ['any broker epoch'] },
  'an ISR is changed from what it no longer is': { flaws: ['any partition epoch'] },
  'an unclean restart is taken for a clean one': { flaws: ['clean restarts'], faults: powerCuts },
  'a leader comes from outside the ISR': { flaws: ['unclean elections'] },
} satisfies Record<string, Mutation>
