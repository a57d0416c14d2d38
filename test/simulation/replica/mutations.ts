// Ways to break the replication of partitions on purpose. The simulator must notice each of them,
// or it would not notice the same mistake made by accident.

import type { Faults } from './faults.ts'

export interface Mutation {
  /** Brokers take up their partitions by metadata that knows them as their former selves. */
  readonly startsEarly?: boolean
  /** Faults among which it shows soonest, where the usual mixture is slow to find it. */
  readonly faults?: Partial<Faults>
}

export const mutations = {
  'a restarted broker leads as its former self': { startsEarly: true },
} satisfies Record<string, Mutation>
