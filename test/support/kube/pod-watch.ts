// Looks at the pods of a cluster again and again while something else is done: which were replaced
// and how often, and how many were away at once.

import { setTimeout as delay } from 'node:timers/promises'
import { waitFor } from '../conformance/wait.ts'
import { isPodReady, type TestCluster } from './test-cluster.ts'

const lookMs = 100

export class PodWatch {
  /** Names in the order of their first replacement, and how often each was replaced. */
  readonly replaced = new Map<string, number>()
  /** Of the pods that were there at the start, the most that were not ready at one time. */
  awayMax = 0
  readonly #cluster: TestCluster
  readonly #uids: Map<string, string>
  #isStopped = false

  private constructor(cluster: TestCluster, uids: Map<string, string>) {
    this.#cluster = cluster
    this.#uids = uids
  }

  static async start(cluster: TestCluster): Promise<PodWatch> {
    const pods = await cluster.pods()
    const uids = new Map(pods.map(({ metadata }) => [metadata.name, metadata.uid ?? '']))
    const watch = new PodWatch(cluster, uids)
    void watch.#run()
    return watch
  }

  stop(): void {
    this.#isStopped = true
  }

  until(isSo: () => boolean, what: string, timeoutMs = 240_000): Promise<boolean> {
    return waitFor(isSo, { what, timeoutMs })
  }

  /** Looks on for a while, for what must not happen. */
  forSoLong(timeMs: number): Promise<void> {
    return delay(timeMs)
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      // While the API server does not answer there is nothing to see.
      const pods = await this.#cluster.pods().catch(() => undefined)
      if (pods !== undefined) this.#look(pods)
      await delay(lookMs)
    }
  }

  #look(pods: Awaited<ReturnType<TestCluster['pods']>>): void {
    const present = new Map(pods.map((pod) => [pod.metadata.name, pod]))
    let away = 0
    for (const [name, uid] of this.#uids) {
      const pod = present.get(name)
      if (pod === undefined || !isPodReady(pod)) away++
      const now = pod?.metadata.uid
      if (now === undefined || now === uid) continue
      this.#uids.set(name, now)
      this.replaced.set(name, (this.replaced.get(name) ?? 0) + 1)
    }
    this.awayMax = Math.max(this.awayMax, away)
  }
}
