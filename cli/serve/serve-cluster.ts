// Runs several nodes, each as a process of its own: starts them together, says when all serve,
// passes on what they print, and stops them one after the other. Restarts nothing: a node that ends
// is told of and the others go on.

import { type Io, write } from '../command/io.ts'
import { CommandError } from '../errors.ts'
import { type Ended, NodeProcess } from './node-process.ts'

export interface ClusterNode {
  readonly id: number
  readonly configFile: string
}

/**
 * How long a stopping node keeps the next one waiting. One after the other, leaderships move away
 * before each stop, for as long as the controllers that are left can move them.
 */
const stopTurnMs = 2_000
/** A node that has not stopped by then hangs. */
const stopMs = 30_000

/** Resolves when all nodes were stopped in order; throws when they do not start or all have failed. */
export async function serveCluster(
  nodes: readonly ClusterNode[],
  { addresses, io }: { readonly addresses: string; readonly io: Io },
): Promise<void> {
  const processes = nodes.map(({ id, configFile }) => {
    // Not waited for: writes to a terminal, a file or a pipe are done when write() returns.
    const onLine = (line: string) => void write(io.stderr, `node-${id} | ${line}\n`)
    return new NodeProcess({ id, configFile, onLine })
  })
  const stopped = aborted(io.signal)
  try {
    const failedStart = Promise.race(processes.map(endBeforeReady))
    const ready = Promise.all(processes.map((one) => one.ready)).then(() => undefined)
    const failure = await Promise.race([ready, stopped, failedStart])
    if (failure !== undefined) throw failure
    if (!io.signal.aborted) {
      const seconds = (performance.now() / 1000).toFixed(2)
      const line = `samsa ready: ${nodes.length} nodes at ${addresses}, in ${seconds} s\n`
      await write(io.stdout, line)
    }
    for (const one of processes) void tellOfItsEnd(one, io)
    await Promise.race([stopped, allFailed(processes)])
  } finally {
    await stopAll(processes)
  }
}

/** Resolves only if the node ends before it serves. */
async function endBeforeReady(node: NodeProcess): Promise<CommandError> {
  const ended = await Promise.race([node.ended, node.ready])
  if (typeof ended === 'string') return await new Promise(() => {})
  const reason = node.lastWords === '' ? '' : `: ${node.lastWords}`
  const message = `node ${node.id} did not start, ${how(ended)}${reason}`
  return new CommandError(message, ended.code === 2 ? 2 : 1)
}

async function tellOfItsEnd(node: NodeProcess, io: Io): Promise<void> {
  const ended = await node.ended
  if (io.signal.aborted) return
  await write(
    io.stderr,
    `samsa: node ${node.id} has stopped, ${how(ended)}; the others go on. ` +
      `It comes back with: samsa node --config ${node.configFile}\n`,
  )
}

/** Throws once every node has failed by itself; one that somebody stopped may be brought back. */
async function allFailed(processes: readonly NodeProcess[]): Promise<void> {
  const all = await Promise.all(processes.map((one) => one.ended))
  if (all.every(({ code }) => code !== null && code !== 0)) {
    throw new CommandError('all nodes have failed')
  }
  await new Promise(() => {})
}

function how({ code, signal }: Ended): string {
  return signal === null ? `exit code ${code ?? 'unknown'}` : `killed by ${signal}`
}

/** The last node first, each when the one before it has stopped or had its time. */
async function stopAll(processes: readonly NodeProcess[]): Promise<void> {
  const killed: number[] = []
  const stops: Promise<unknown>[] = []
  for (const node of processes.toReversed()) {
    if (!node.isRunning) continue
    node.signal('SIGTERM')
    stops.push(node.ended)
    await within(node.ended, stopTurnMs)
  }
  await within(Promise.all(stops), stopMs)
  for (const node of processes) {
    if (!node.isRunning) continue
    node.signal('SIGKILL')
    killed.push(node.id)
  }
  await Promise.all(stops)
  if (killed.length > 0) {
    throw new CommandError(`killed, as they did not stop within ${stopMs} ms: ${killed.join(', ')}`)
  }
}

async function within(promise: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs)
  })
  await Promise.race([promise, expired])
  clearTimeout(timer)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
