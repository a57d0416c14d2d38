// Starts Samsa as a user does: `samsa dev` first, and `samsa node --config` for a node that was
// killed.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type RunningServer,
  readyTimeoutMs,
  type ServerPaths,
  type ServerProgram,
} from './server.ts'
import { ServerProcess } from './server-process.ts'
import { repositoryDir } from './target.ts'
import { waitFor } from './wait.ts'

export const nodePath = join(repositoryDir, 'node_modules/.bin/node')
export const samsaMain = join(repositoryDir, 'cli/main.ts')

export const samsaProgram: ServerProgram = {
  portOffsets: [10_000, 20_000],

  startFirst: ({ port, baseDir }) =>
    startSamsa(baseDir, ['dev', '--port', String(port), '--data-dir', baseDir]),

  startAgain: ({ baseDir }) => startSamsa(baseDir, ['node', '--config', configFile(baseDir)]),

  logDir({ baseDir }: ServerPaths): string {
    const dirs = /^\s*log\.dirs?\s*=\s*(.+?)\s*$/m.exec(readFileSync(configFile(baseDir), 'utf8'))
    const first = dirs?.[1]?.split(',')[0]
    if (first === undefined) throw new Error(`${configFile(baseDir)} names no log.dirs`)
    return first
  },
}

function configFile(baseDir: string): string {
  return join(baseDir, 'node-1/server.properties')
}

async function startSamsa(baseDir: string, args: readonly string[]): Promise<RunningServer> {
  const launched = new ServerProcess(nodePath, [samsaMain, ...args], join(baseDir, 'samsa.log'))
  await launched.ready(() => /^samsa ready/m.test(launched.stdout), {
    what: `samsa ${args.join(' ')}`,
    timeoutMs: readyTimeoutMs,
  })
  const pid = nodePid(baseDir, launched.pid)
  return {
    pid,
    async kill9() {
      // `dev` runs the node as a process of its own; the node must go first and without notice.
      if (pid !== launched.pid) {
        process.kill(pid, 'SIGKILL')
        await waitFor(() => !isAlive(pid), { what: `node ${pid} to go`, timeoutMs: 10_000 })
      }
      await launched.kill9()
    },
    stop: () => launched.stop(),
  }
}

function nodePid(baseDir: string, launchedPid: number): number {
  const file = join(baseDir, 'node-1/pid')
  if (!existsSync(file)) return launchedPid
  const pid = Number(readFileSync(file, 'utf8').trim())
  // A file left by an earlier process must never lead a signal to a stranger.
  return Number.isInteger(pid) && pid > 1 && isAlive(pid) ? pid : launchedPid
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
