// Heartbeat (key 12), versions 0-4: a member of a classic group is alive, and learns of a
// rebalance. KIP-345 static members (v3). Differs from Kafka: nothing known.

import type { Handler } from './handler.ts'

export const heartbeat: Handler<'heartbeat'> = (request, { groups }, context) =>
  groups.heartbeat(request, context)
