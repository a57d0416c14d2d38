// A cluster that faults can be done to: inside a sandbox each node has a network and a disk of its
// own, outside of one they share the loopback interface and only their processes can be hit.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Cluster, startCluster } from '../conformance/cluster.ts'
import type { TargetKind } from '../conformance/target.ts'
import { Admin } from './admin.ts'
import { FaultDisks } from './disks.ts'
import { FaultNetwork } from './network.ts'
import { isInSandbox } from './sandbox.ts'

const clockPreload = fileURLToPath(new URL('./clock-preload.js', import.meta.url))
const sandboxPort = 9_092
// Sparse: what a run of half an hour writes, and the reserve that a node keeps, have to fit.
const diskMegabytesDefault = 8_192

export interface TestBedOptions {
  readonly kind?: TargetKind
  readonly nodes: number
  readonly spares?: number
  readonly configs?: Record<string, string>
  readonly diskMegabytes?: number
}

export class TestBed {
  readonly cluster: Cluster
  readonly admin: Admin
  readonly network: FaultNetwork | undefined
  readonly disks: FaultDisks | undefined
  readonly #dir: string

  private constructor(dir: string, parts: Breakables & { readonly cluster: Cluster }) {
    this.#dir = dir
    this.cluster = parts.cluster
    this.network = parts.network
    this.disks = parts.disks
    this.admin = new Admin(parts.cluster.all)
  }

  /** Resolves when all nodes serve; where one does not, nothing stays behind. */
  static async start(options: TestBedOptions): Promise<TestBed> {
    const dir = mkdtempSync(join(tmpdir(), 'chaos-'))
    mkdirSync(join(dir, 'clocks'))
    const ids = Array.from(
      { length: options.nodes + (options.spares ?? 0) },
      (_, index) => index + 1,
    )
    const breakable = isInSandbox() ? breakables(dir, ids, options) : {}
    try {
      const cluster = await startCluster({
        ...(options.kind === undefined ? {} : { kind: options.kind }),
        ...(isInSandbox() ? { port: sandboxPort } : {}),
        nodes: options.nodes,
        spares: options.spares ?? 0,
        configs: options.configs ?? {},
        place: (id) => ({
          ...breakable.network?.place(id),
          ...(breakable.disks === undefined ? {} : { dataDir: breakable.disks.dataDir(id) }),
          env: {
            NODE_OPTIONS: `--import=${clockPreload}`,
            CHAOS_CLOCK_FILE: join(dir, 'clocks', String(id)),
          },
        }),
      })
      return new TestBed(dir, { cluster, ...breakable })
    } catch (error) {
      takeAway(dir, ids, breakable)
      throw error
    }
  }

  /** Sets a node's wall clock off by so much. */
  shiftClock(id: number, offsetMs: number): void {
    writeFileSync(join(this.#dir, 'clocks', String(id)), String(offsetMs))
  }

  async close(): Promise<void> {
    const ids = this.cluster.all.map(({ id }) => id)
    this.network?.heal()
    for (const id of ids) this.disks?.thaw(id)
    try {
      await this.cluster.close()
    } finally {
      takeAway(this.#dir, ids, this)
    }
  }
}

interface Breakables {
  readonly network?: FaultNetwork | undefined
  readonly disks?: FaultDisks | undefined
}

function breakables(dir: string, ids: readonly number[], options: TestBedOptions): Breakables {
  return {
    network: new FaultNetwork(ids),
    disks: new FaultDisks(dir, ids, options.diskMegabytes ?? diskMegabytesDefault),
  }
}

function takeAway(dir: string, ids: readonly number[], { network, disks }: Breakables): void {
  disks?.close(ids)
  network?.close()
  rmSync(dir, { recursive: true, force: true })
}
