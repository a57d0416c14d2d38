// One node of a cluster under test: its process and what may be done to it. Signals go by the id of
// the process that it started itself.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterPlan, NodePlan, RunningServer, ServerProgram } from './server.ts'

export class ClusterNode {
  readonly #plan: NodePlan
  readonly #cluster: ClusterPlan
  readonly #program: ServerProgram
  #running: RunningServer | undefined
  #isPaused = false

  constructor(plan: NodePlan, cluster: ClusterPlan, program: ServerProgram) {
    this.#plan = plan
    this.#cluster = cluster
    this.#program = program
  }

  get id(): number {
    return this.#plan.id
  }

  get host(): string {
    return this.#plan.host
  }

  get port(): number {
    return this.#plan.port
  }

  /** Its own directory, with the configuration and the output of the server. */
  get dir(): string {
    return this.#plan.dir
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  get pid(): number {
    if (this.#running === undefined) throw new Error(`node ${this.id} is not running`)
    return this.#running.pid
  }

  /** The directory with the `topic-partition` directories. */
  get dataDir(): string {
    return this.#program.logDir(this.#plan)
  }

  get controllerPort(): number {
    return this.#program.controllerPort(this.#plan)
  }

  /** The id that its log directory gave itself: a voter is a node and its directory. */
  get directoryId(): string {
    const text = readFileSync(join(this.dataDir, 'meta.properties'), 'utf8')
    const id = /^directory\.id=(.+)$/m.exec(text)?.[1]
    if (id === undefined) throw new Error(`node ${this.id} has no directory id`)
    return id.trim()
  }

  /** Takes the data of the stopped node, as a new disk would. */
  async wipe(): Promise<void> {
    if (this.isRunning) throw new Error(`node ${this.id} is running`)
    await this.#program.wipe(this.#plan)
  }

  /** Resolves when the node serves. */
  async start(): Promise<void> {
    if (this.#running !== undefined) throw new Error(`node ${this.id} runs already`)
    this.#running = await this.#program.start(this.#plan, this.#cluster)
  }

  /** Ends the node at once. */
  async kill9(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    this.#isPaused = false
    await running?.kill9()
  }

  /** Stops the node in order and returns its exit code; undefined when it did not run. */
  async stop(): Promise<number | null | undefined> {
    const running = this.#running
    if (running === undefined) return undefined
    this.resume()
    const code = await running.stop()
    this.#running = undefined
    return code
  }

  /** Freezes the process (SIGSTOP): its sockets stay open and nobody answers on them. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP')
    this.#isPaused = true
  }

  resume(): void {
    if (!this.#isPaused) return
    process.kill(this.pid, 'SIGCONT')
    this.#isPaused = false
  }
}
