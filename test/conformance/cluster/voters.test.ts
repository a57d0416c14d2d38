// The controller quorum grows from one voter to three and five, shrinks to three others, and each
// of these is replaced by one on an empty disk, all under load: no produce fails, nothing is lost.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventsOf } from '../../support/chaos/check-progress.ts'
import { type GapRow, gapQuantile, measureGaps, printGaps } from '../../support/chaos/gaps.ts'
import { UnderLoad } from '../../support/chaos/under-load.ts'
import { runSamsa } from '../../support/cli/run-cli.ts'
import type { ClusterNode } from '../../support/conformance/cluster-node.ts'
import { replicationConfigs } from '../../support/conformance/server.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { targetKind } from '../../support/conformance/target.ts'
import { waitFor } from '../../support/conformance/wait.ts'

// A change of the quorum is no fault: producers may have to try again, but not for long.
const gapLimitMs = 10_000

conformanceSuite('voters of the controller quorum under load', [], () => {
  let load: UnderLoad
  let rows: GapRow[]

  beforeEach(async () => {
    rows = []
    load = await UnderLoad.start({
      nodes: 1,
      spares: 4,
      configs: replicationConfigs(3),
      async before({ cluster, admin }) {
        await Promise.all(cluster.spares.map((node) => node.start()))
        await waitFor(async () => (await admin.brokers()).length === 5, {
          what: 'five brokers',
          timeoutMs: 60_000,
        })
      },
    })
  })
  afterEach(() => load.close())

  const step = async (what: string, work: () => Promise<void>) => {
    const row = await measureGaps(load.history, load.workload.partitions, async () => {
      await load.during('voters', what, work)
      await load.workload.progresses(30_000)
      return what
    })
    rows.push(row)
  }

  const votersAre = async (ids: readonly number[]) => {
    const { admin } = load.bed
    await expect
      .poll(async () => (await admin.quorum()).voters.toSorted((a, b) => a - b), {
        timeout: 30_000,
      })
      .toEqual(ids)
  }

  /** As docs/OPERATIONS.md says it: the disk is lost, and the node comes back on an empty one. */
  const replace = async (node: ClusterNode) => {
    const { admin } = load.bed
    if (targetKind() === 'kafka') await admin.removeVoter(node)
    await node.stop()
    await node.wipe()
    await node.start()
    if (targetKind() === 'kafka') await admin.addVoter(node)
    else await waitFor(() => addByCommand(node.id), { what: `voter ${node.id}`, timeoutMs: 60_000 })
    await load.inSync()
  }

  const addByCommand = async (id: number) => {
    const { all } = load.bed.cluster
    const servers = all.filter(({ isRunning }) => isRunning)
    const bootstrap = servers.map(({ host, port }) => `${host}:${port}`).join(',')
    const args = ['quorum', 'add', String(id), '--replace', '--bootstrap-server', bootstrap]
    const { code, stderr } = await runSamsa(args)
    // An earlier try may have succeeded without our hearing of it.
    return code === 0 || stderr.includes('is a voter already')
  }

  it('changes them 1 -> 3 -> 5 -> 3 and replaces each once', async () => {
    const { admin, cluster } = load.bed
    const add = (id: number) => step(`add ${id}`, () => admin.addVoter(cluster.node(id)))
    const remove = (id: number) => step(`remove ${id}`, () => admin.removeVoter(cluster.node(id)))
    await votersAre([1])
    for (const id of [2, 3]) await add(id)
    await votersAre([1, 2, 3])
    for (const id of [4, 5]) await add(id)
    await votersAre([1, 2, 3, 4, 5])
    // The first of them leads, as it has from the start.
    for (const id of [1, 2]) await remove(id)
    await votersAre([3, 4, 5])
    for (const id of [3, 4, 5]) {
      await step(`replace ${id}`, () => replace(cluster.node(id)))
    }
    await votersAre([3, 4, 5])
    printGaps('voters', rows)
    expect(await load.judge()).toEqual([])
    expect(eventsOf(load.history.events, 'failed')).toEqual([])
    if (targetKind() === 'samsa') expect(gapQuantile(rows, 1)).toBeLessThanOrEqual(gapLimitMs)
  })
})
