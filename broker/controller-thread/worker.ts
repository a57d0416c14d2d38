// The entry of the controller's thread: a garbage collection or a long turn of the broker must not
// cost the quorum its leader. Reads its configuration, runs a ControllerNode, and answers the main
// thread.

import { getPriority, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { resolveBrokerConfig } from '../config/broker-config.ts'
import { fileLayer } from '../config/layers.ts'
import { settle } from '../garbage.ts'
import type { PeerEvents } from '../peer/peer-events.ts'
import { systemTimers } from '../system-time.ts'
import { openKeys } from '../wiring/node-keys.ts'
import { ControllerNode } from './controller-node.ts'
import {
  type ControllerThreadData,
  describeError,
  type FromControllerThread,
  type LogLevel,
  type ToControllerThread,
} from './messages.ts'

function tell(message: FromControllerThread): void {
  parentPort?.postMessage(message)
}

/** Errors among the fields lose their class on the way, so they go as what they say. */
function logged(level: LogLevel) {
  return (fields: object, message: string) => {
    const plain = Object.entries(fields).map(([name, value]: [string, unknown]) => [
      name,
      value instanceof Error ? describeError(value) : value,
    ])
    tell({ type: 'log', level, fields: Object.fromEntries(plain) as object, message })
  }
}

const events: PeerEvents = {
  debug: logged('debug'),
  info: logged('info'),
  warn: logged('warn'),
  error: logged('error'),
}

function fail(error: unknown): void {
  tell({ type: 'failed', reason: describeError(error) })
}

/**
 * On Linux a thread has a nice value of its own, and these calls are about the caller's. It takes
 * little of a processor, but has to have it at once: on a machine with 20 busy processes for each
 * of its cores, quorums lost their leaders every second for want of a heartbeat.
 */
const aheadBy = 10
const niceValueMin = -20

function goFirst(): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(Math.max(niceValueMin, getPriority() - aheadBy))
  } catch (error) {
    // Only root may, or whoever has CAP_SYS_NICE. Everything works without.
    events.debug({ error }, "the controller's thread has no priority over others")
  }
}

async function run(): Promise<void> {
  goFirst()
  const { settings, ...identity } = workerData as ControllerThreadData
  const config = resolveBrokerConfig(fileLayer(settings))
  // Nothing is shared with the main thread but the files.
  const nodeSecurity = { ...config.nodeSecurity, brokers: null }
  const keys = await openKeys({ nodeId: config.nodeId, nodeSecurity }, events)
  const node = new ControllerNode({ config, ...identity, keys, events, onFault: fail })
  let closing: Promise<void> | null = null
  const close = async () => {
    try {
      await node.close()
    } catch (error) {
      events.error({ error }, 'the controller did not close cleanly')
    }
    tell({ type: 'closed' })
  }
  parentPort?.on('message', (message: ToControllerThread) => {
    if (message.type === 'close') closing ??= close()
    else tell({ type: 'status', id: message.id, status: node.status() })
  })
  tell({ type: 'listening', port: await node.listen() })
  await node.start()
  settle(systemTimers)
}

run().catch(fail)
