// A client of the API server in memory, with real time.

import { KubeClient } from '../../../operator/kube/client.ts'
import { NodeTransport } from '../../../operator/kube/node-transport.ts'
import type { Timers } from '../../../operator/timers.ts'
import type { KubeApiServer } from './server.ts'

export const realTimers: Timers = {
  nowMs: () => performance.now(),
  schedule(delayMs, action) {
    const timer = setTimeout(action, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}

export function connect(server: KubeApiServer, timeoutMs = 2_000): KubeClient {
  const transport = new NodeTransport({ server: server.url, authorize: async () => {} })
  return new KubeClient({ transport, timeoutMs })
}
