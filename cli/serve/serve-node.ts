// Runs one node in this process, from its configuration to its ordered stop. `samsa node` and
// `samsa dev` both end here. Prints the ready line on stdout; everything else goes to the node's
// log on stderr.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { BrokerConfig } from '@samsa/broker/config/broker-config'
import { loadBrokerConfig } from '@samsa/broker/config/server-properties'
import { ConfigError } from '@samsa/broker/config/value'
import { type RunningNode, startNode } from '@samsa/broker/node'
import { type Io, write } from '../command/io.ts'
import { CommandError } from '../errors.ts'
import { isDevProperties } from './dev-properties.ts'
import { openLogger } from './logger.ts'
import { removePidFile, runningNode, writePidFile } from './pid-file.ts'

export interface ServeOptions {
  readonly configFile: string
  /** key=value; they win over the file. */
  readonly overrides: readonly string[]
}

/** Resolves when the node has stopped in order; throws when it cannot start or go on. */
export async function serveNode(options: ServeOptions, io: Io): Promise<void> {
  const text = readConfig(options.configFile)
  const { config, warnings } = load(text, options)
  const { logger, flush } = openLogger(config.logLevel, { node: config.nodeId })
  const pidFile = isDevProperties(text) ? join(dirname(options.configFile), 'pid') : undefined
  if (pidFile !== undefined) claimPidFile(pidFile)
  for (const warning of warnings) logger.warn({ warning }, 'configuration')
  try {
    const node = await startOrGiveUp(config, logger, io.signal)
    if (node === undefined) return logger.info({}, 'stopped before it had started')
    try {
      await write(io.stdout, readyLine(config, node))
      logger.info({ clusterId: node.clusterId }, 'ready')
      await Promise.race([aborted(io.signal), failure(node)])
      logger.info({}, 'stopping')
    } finally {
      await node.close()
    }
    logger.info({}, 'stopped')
  } finally {
    flush()
    if (pidFile !== undefined) removePidFile(pidFile)
  }
}

function readConfig(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandError(`cannot read the configuration: ${(error as Error).message}`, 2)
  }
}

function load(text: string, options: ServeOptions): ReturnType<typeof loadBrokerConfig> {
  try {
    return loadBrokerConfig({ text, overrides: options.overrides })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new CommandError(`${options.configFile}: ${error.message}`, 2, { cause: error })
  }
}

function claimPidFile(file: string): void {
  const pid = existsSync(file) ? runningNode(file) : undefined
  if (pid !== undefined) {
    throw new CommandError(`this node is running already, as process ${pid} (${file})`)
  }
  writePidFile(file)
}

/**
 * A node that was told to stop while it starts stops once it has; where that takes long, as it does
 * without the other controllers, it ends as it is: it has taken nothing that could be lost.
 */
const giveUpMs = 3_000

async function startOrGiveUp(
  config: BrokerConfig,
  logger: ReturnType<typeof openLogger>['logger'],
  signal: AbortSignal,
): Promise<RunningNode | undefined> {
  let timer: NodeJS.Timeout | undefined
  const givenUp = aborted(signal).then(
    () =>
      new Promise<undefined>((resolve) => {
        timer = setTimeout(() => resolve(undefined), giveUpMs)
      }),
  )
  try {
    return await Promise.race([start(config, logger, signal), givenUp])
  } finally {
    clearTimeout(timer)
  }
}

async function start(
  config: BrokerConfig,
  logger: ReturnType<typeof openLogger>['logger'],
  signal: AbortSignal,
): Promise<RunningNode | undefined> {
  try {
    const onLogLevel = (level: string) => {
      logger.level = level
    }
    return await startNode({ config, events: logger, onLogLevel, signal })
  } catch (error) {
    if (signal.aborted) return undefined
    if (error instanceof ConfigError) throw new CommandError(error.message, 2, { cause: error })
    logger.debug({ error }, 'the node did not start')
    throw startError(error)
  }
}

function startError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const cause = { cause: error }
  const { code, address, port } = error as NodeJS.ErrnoException & {
    address?: string
    port?: number
  }
  if (code === 'EADDRINUSE') {
    const fix = 'stop what listens there, or choose another port'
    return new CommandError(`${address ?? ''}:${port ?? ''} is in use already; ${fix}`, 1, cause)
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'ENOSPC') {
    return new CommandError(`the node cannot start: ${error.message}`, 1, cause)
  }
  // Errors of a class of their own say in words what is wrong; the others are bugs and keep their
  // stack.
  const isBug = error.constructor === Error || error instanceof TypeError
  return isBug ? error : new CommandError(`the node cannot start: ${error.message}`, 1, cause)
}

function readyLine(config: BrokerConfig, node: RunningNode): string {
  const opened = config.isBroker ? config.listeners : config.controllerListeners
  const listeners = opened.map(({ listener, host, port }) => {
    const shown = host === '' ? '0.0.0.0' : host
    return `${listener}://${shown}:${node.ports.get(listener) ?? node.controllerPort ?? port}`
  })
  const http = node.httpPort === null ? '' : `, http ${config.httpListener?.host}:${node.httpPort}`
  // Counted from the start of the process, as whoever waits for it does.
  const seconds = (performance.now() / 1000).toFixed(2)
  return `samsa ready: node ${config.nodeId} at ${listeners.join(',')}${http}, in ${seconds} s\n`
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

async function failure(node: RunningNode): Promise<never> {
  const error = await node.failed
  throw new CommandError(`the node cannot go on: ${error.message}`, 1, { cause: error })
}
