// Starts Samsa as a user does: one node by `samsa dev` first and by `samsa node --config` once it
// was killed; the nodes of a larger cluster by `samsa node --config` each.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type ClusterPlan,
  type NodePlan,
  propertiesText,
  type RunningServer,
  readyTimeoutMs,
  replicationConfigs,
  type ServerProgram,
} from './server.ts'
import { ServerProcess } from './server-process.ts'
import { repositoryDir } from './target.ts'
import { waitFor } from './wait.ts'

export const nodePath = join(repositoryDir, 'node_modules/.bin/node')
export const samsaMain = join(repositoryDir, 'cli/main.ts')

// As `samsa dev` has them, but for the controllers': 15,000 further on would be among the ports
// that the kernel gives to clients.
const grpcPortOffset = 10_000
const httpPortOffset = 20_000
const controllerPortOffset = 5_000

export const samsaProgram: ServerProgram = {
  portOffsets: [controllerPortOffset, grpcPortOffset, httpPortOffset],

  async prepare(plan) {
    if (isDev(plan)) return
    await Promise.resolve()
    for (const node of plan.nodes) {
      mkdirSync(node.dir, { recursive: true })
      writeFileSync(configFile(node), propertiesText(settings(node, plan)))
    }
  },

  start(node, plan) {
    const dev = ['dev', '--port', String(node.port), '--data-dir', join(node.dir, '..')]
    const isFirst = !existsSync(configFile(node))
    return startSamsa(node, isFirst && isDev(plan) ? dev : ['node', '--config', configFile(node)])
  },

  logDir(node) {
    const text = readFileSync(configFile(node), 'utf8')
    const first = /^\s*log\.dirs?\s*=\s*(.+?)\s*$/m.exec(text)?.[1]?.split(',')[0]
    if (first === undefined) throw new Error(`${configFile(node)} names no log.dirs`)
    return first
  },

  controllerPort: ({ port }) => port + controllerPortOffset,

  async wipe(node) {
    await Promise.resolve()
    emptyDir(this.logDir(node))
  },
}

function emptyDir(dir: string): void {
  // The directory itself may be where a disk is mounted.
  for (const name of existsSync(dir) ? readdirSync(dir) : []) {
    rmSync(join(dir, name), { recursive: true, force: true })
  }
}

/** The HTTP port of a node, with its metrics and health. */
export function samsaHttpPort(port: number): number {
  return port + httpPortOffset
}

/** The port of a node's gRPC: replication, the storage API. */
export function samsaGrpcPort(port: number): number {
  return port + grpcPortOffset
}

function isDev({ nodes, configs }: ClusterPlan): boolean {
  return nodes.length === 1 && Object.keys(configs).length === 0
}

function configFile({ dir }: NodePlan): string {
  return join(dir, 'server.properties')
}

function settings(node: NodePlan, { nodes, configs }: ClusterPlan): Record<string, string> {
  const { id, host, port, dir, dataDir } = node
  const controller = (one: NodePlan) => `${one.host}:${one.port + controllerPortOffset}`
  const voters = nodes.filter(({ joins }) => !joins)
  return {
    'process.roles': 'broker,controller',
    'node.id': String(id),
    listeners: `PLAINTEXT://${host}:${port},CONTROLLER://${controller(node)}`,
    'advertised.listeners': `PLAINTEXT://${host}:${node.advertisedPort ?? port},CONTROLLER://${controller(node)}`,
    'controller.listener.names': 'CONTROLLER',
    ...(node.joins
      ? { 'controller.quorum.bootstrap.servers': voters.map(controller).join(',') }
      : {
          'controller.quorum.voters': voters
            .map((voter) => `${voter.id}@${controller(voter)}`)
            .join(','),
        }),
    'samsa.grpc.listener': `${host}:${port + grpcPortOffset}`,
    // Networks of their own are made of addresses that are no loopback.
    'samsa.nodes.without.tls.enable': 'true',
    'samsa.http.listener': `${host}:${port + httpPortOffset}`,
    'log.dirs': dataDir ?? join(dir, 'logs'),
    'group.initial.rebalance.delay.ms': '0',
    ...replicationConfigs(voters.length),
    ...configs,
  }
}

async function startSamsa(node: NodePlan, args: readonly string[]): Promise<RunningServer> {
  const [command = nodePath, ...rest] = [...node.launcher, nodePath, samsaMain, ...args]
  mkdirSync(node.dir, { recursive: true })
  const launched = new ServerProcess(command, rest, join(node.dir, 'samsa.log'), node.env)
  await launched.ready(() => /^samsa ready/m.test(launched.stdout), {
    what: `samsa ${args.join(' ')}`,
    timeoutMs: readyTimeoutMs,
  })
  const pid = nodePid(node, launched.pid)
  return {
    pid,
    async kill9() {
      // `dev` may run the node as a process of its own; the node must go first, without notice.
      if (pid !== launched.pid) {
        process.kill(pid, 'SIGKILL')
        await waitFor(() => !isAlive(pid), { what: `node ${pid} to go`, timeoutMs: 10_000 })
      }
      await launched.kill9()
    },
    stop: () => launched.stop(),
  }
}

function nodePid({ dir }: NodePlan, launchedPid: number): number {
  const file = join(dir, 'pid')
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
