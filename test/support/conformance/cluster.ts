// A one-node cluster of the broker under test: a real process on free ports and a data directory of
// its own.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kafkaProgram } from './kafka-server.ts'
import { freePort } from './ports.ts'
import { samsaProgram } from './samsa-server.ts'
import type { RunningServer, ServerPaths, ServerProgram } from './server.ts'
import { type TargetKind, targetKind } from './target.ts'

export interface ClusterOptions {
  kind?: TargetKind
  port?: number
}

const programs: Record<TargetKind, ServerProgram> = { samsa: samsaProgram, kafka: kafkaProgram }

export class Cluster {
  readonly kind: TargetKind
  readonly bootstrap: string
  readonly #paths: ServerPaths
  readonly #program: ServerProgram
  #running: RunningServer | undefined

  private constructor(kind: TargetKind, paths: ServerPaths, running: RunningServer) {
    this.kind = kind
    this.bootstrap = `127.0.0.1:${paths.port}`
    this.#paths = paths
    this.#program = programs[kind]
    this.#running = running
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const kind = options.kind ?? targetKind()
    const program = programs[kind]
    const port = options.port ?? (await freePort(program.portOffsets))
    const paths = { port, baseDir: mkdtempSync(join(tmpdir(), `conformance-${kind}-`)) }
    return new Cluster(kind, paths, await program.startFirst(paths))
  }

  get port(): number {
    return this.#paths.port
  }

  get pid(): number {
    if (this.#running === undefined) throw new Error('the node is not running')
    return this.#running.pid
  }

  /** The directory with the `topic-partition` directories. */
  get dataDir(): string {
    return this.#program.logDir(this.#paths)
  }

  async kill9(): Promise<void> {
    await this.#running?.kill9()
    this.#running = undefined
  }

  /** Starts the node again on its data; stops it first where it still runs. */
  async restart(): Promise<void> {
    await this.stop()
    this.#running = await this.#program.startAgain(this.#paths)
  }

  /** Stops the node in order and keeps its data; throws when it ends with a failure. */
  async stop(): Promise<void> {
    if (this.#running === undefined) return
    const code = await this.#running.stop()
    this.#running = undefined
    // Java ends with 143 (128 + SIGTERM) after its ordered shutdown; Samsa's contract is 0.
    const clean = this.kind === 'kafka' ? [0, 143] : [0]
    if (code === null || !clean.includes(code)) throw new Error(`the node stopped with ${code}`)
  }

  /** Stops the node and removes its data. */
  async close(): Promise<void> {
    try {
      await this.stop()
    } finally {
      rmSync(this.#paths.baseDir, { recursive: true, force: true })
    }
  }
}

export function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  return Cluster.start(options)
}
