// A cluster of the broker under test: real processes on free ports with data directories of their
// own. One node, or as many as asked for, each a combined broker and controller.

import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { ClusterNode } from './cluster-node.ts'
import { FrontDoor } from './front-door.ts'
import { kafkaProgram } from './kafka-server.ts'
import { freePort } from './ports.ts'
import { samsaProgram } from './samsa-server.ts'
import type { ClusterPlan, NodePlan, ServerProgram } from './server.ts'
import { keptLogsDir, nodeCount, type TargetKind, targetKind } from './target.ts'

export interface ClusterOptions {
  kind?: TargetKind
  /** Port of the first node; the others' follow it. */
  port?: number
  nodes?: number
  /** Nodes beyond `nodes` that are laid out but not started: they may join the quorum later. */
  spares?: number
  /** More lines for every node's configuration. */
  configs?: Record<string, string>
  /** Clients reach each node by an address that stays when the node goes: see FrontDoor. */
  frontDoors?: boolean
  /** Where a node is, when not on the loopback interface with its data beside its configuration. */
  place?: (id: number) => Partial<Pick<NodePlan, 'host' | 'dataDir' | 'launcher' | 'env'>>
}

/** Away from what the programs themselves listen on. */
const doorOffset = 100

const programs: Record<TargetKind, ServerProgram> = { samsa: samsaProgram, kafka: kafkaProgram }

export class Cluster {
  readonly kind: TargetKind
  /** The addresses of all first nodes, as clients take them. */
  readonly bootstrap: string
  readonly nodes: readonly ClusterNode[]
  /** Laid out, not started. */
  readonly spares: readonly ClusterNode[]
  readonly #baseDir: string
  #doors: FrontDoor[] = []

  private constructor(kind: TargetKind, plan: ClusterPlan, baseDir: string) {
    this.kind = kind
    this.#baseDir = baseDir
    const made = (joins: boolean) =>
      plan.nodes
        .filter((node) => node.joins === joins)
        .map((node) => new ClusterNode(node, plan, programs[kind]))
    this.nodes = made(false)
    this.spares = made(true)
    this.bootstrap = plan.nodes
      .filter(({ joins }) => !joins)
      .map(({ host, port, advertisedPort = port }) => `${host}:${advertisedPort}`)
      .join(',')
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const kind = options.kind ?? targetKind()
    const baseDir = mkdtempSync(join(tmpdir(), `conformance-${kind}-`))
    const plan = await planOf(kind, options, baseDir)
    await programs[kind].prepare(plan)
    const cluster = new Cluster(kind, plan, baseDir)
    cluster.#doors = await Promise.all(
      plan.nodes.flatMap(({ advertisedPort, port, host }) =>
        advertisedPort === undefined ? [] : FrontDoor.open(advertisedPort, port, host),
      ),
    )
    try {
      await Promise.all(cluster.nodes.map((node) => node.start()))
    } catch (error) {
      await cluster.kill9()
      throw error
    }
    return cluster
  }

  /** The nodes of the start and those that may join. */
  get all(): readonly ClusterNode[] {
    return [...this.nodes, ...this.spares]
  }

  get first(): ClusterNode {
    return this.node(1)
  }

  get port(): number {
    return this.first.port
  }

  get pid(): number {
    return this.first.pid
  }

  /** The directory of the first node with the `topic-partition` directories. */
  get dataDir(): string {
    return this.first.dataDir
  }

  node(id: number): ClusterNode {
    const found = this.all.find((node) => node.id === id)
    if (found === undefined) throw new Error(`the cluster has no node ${id}`)
    return found
  }

  /** Ends all nodes at once. */
  async kill9(): Promise<void> {
    await Promise.all(this.all.map((node) => node.kill9()))
  }

  /** Starts all nodes again on their data; stops first those that still run. */
  async restart(): Promise<void> {
    await this.stop()
    await Promise.all(this.nodes.map((node) => node.start()))
  }

  /** Stops all nodes in order and keeps their data; throws when one ends with a failure. */
  async stop(): Promise<void> {
    // Java ends with 143 (128 + SIGTERM) after its ordered shutdown; Samsa's contract is 0.
    const clean = this.kind === 'kafka' ? [0, 143] : [0]
    const codes = await Promise.all(this.all.map((node) => node.stop()))
    for (const [index, code] of codes.entries()) {
      if (code === undefined || (code !== null && clean.includes(code))) continue
      throw new Error(`node ${this.all[index]?.id} stopped with ${code}`)
    }
  }

  /** What the nodes wrote, where somebody wants to read it. */
  #keepLogs(): void {
    const kept = keptLogsDir()
    if (kept === undefined) return
    for (const { dir, id } of this.all) {
      for (const name of readdirSync(dir).filter((file) => file.endsWith('.log'))) {
        const to = join(kept, basename(this.#baseDir), `node-${id}`)
        mkdirSync(to, { recursive: true })
        copyFileSync(join(dir, name), join(to, name))
      }
    }
  }

  /** Stops the nodes and removes their data. */
  async close(): Promise<void> {
    try {
      await this.stop()
    } finally {
      await this.kill9()
      await Promise.all(this.#doors.map((door) => door.close()))
      this.#keepLogs()
      rmSync(this.#baseDir, { recursive: true, force: true })
    }
  }
}

async function planOf(
  kind: TargetKind,
  options: ClusterOptions,
  baseDir: string,
): Promise<ClusterPlan> {
  const count = options.nodes ?? nodeCount()
  const ids = Array.from({ length: count + (options.spares ?? 0) }, (_, index) => index + 1)
  const doorOffsets = options.frontDoors === true ? [doorOffset] : []
  const offsets = [...programs[kind].portOffsets, ...doorOffsets]
  const more = [
    ...ids.slice(1).map((id) => id - 1),
    ...ids.flatMap((id) => offsets.map((offset) => offset + id - 1)),
  ]
  const first = options.port ?? (await freePort(more))
  const nodes = ids.map((id) => ({
    id,
    host: '127.0.0.1',
    port: first + id - 1,
    ...(options.frontDoors === true && { advertisedPort: first + doorOffset + id - 1 }),
    dir: join(baseDir, `node-${id}`),
    launcher: [],
    env: {},
    joins: id > count,
    ...options.place?.(id),
  }))
  return { nodes, configs: options.configs ?? {} }
}

export function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  return Cluster.start(options)
}
