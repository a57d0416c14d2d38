// Kills a node of a cluster with -9 again and again, and starts it again a little later, while
// something else goes on. Owns the order of the kills; judges nothing.

import { setTimeout as delay } from 'node:timers/promises'
import type { Cluster } from './cluster.ts'
import type { ClusterNode } from './cluster-node.ts'

export interface NodeKillsOptions {
  /** From one kill to the next. */
  readonly everyMs: number
  /** How long a killed node is away. */
  readonly awayMs: number
}

export class NodeKills {
  readonly #cluster: Cluster
  readonly #options: NodeKillsOptions
  readonly #abort = new AbortController()
  readonly #done: Promise<void>
  #count = 0

  /** Begins at once; the first kill comes after the first interval. */
  constructor(cluster: Cluster, options: NodeKillsOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#done = this.#run()
    // Told by stop().
    this.#done.catch(() => undefined)
  }

  /** Nodes that were killed so far. */
  get count(): number {
    return this.#count
  }

  /** Resolves when all nodes serve again; rejects where one did not come back. */
  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#done
  }

  async #run(): Promise<void> {
    const { everyMs, awayMs } = this.#options
    for (let turn = 0; ; turn++) {
      if (!(await this.#pause(everyMs - awayMs))) return
      const { nodes } = this.#cluster
      const node = nodes[turn % nodes.length] as ClusterNode
      await node.kill9()
      this.#count++
      const goesOn = await this.#pause(awayMs)
      await node.start()
      if (!goesOn) return
    }
  }

  /** False once it was stopped. */
  async #pause(ms: number): Promise<boolean> {
    const { signal } = this.#abort
    if (signal.aborted) return false
    await delay(ms, undefined, { signal }).catch(() => undefined)
    return !signal.aborted
  }
}
