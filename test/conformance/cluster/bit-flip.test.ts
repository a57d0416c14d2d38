// One bit of one copy is wrong: of a follower's log, and of a controller's. Each is found when its
// node starts after a kill, healed from the others, and told in the log and in a metric; nothing is
// lost. Apache Kafka has no such repair, so that it is not the oracle here.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { flipBitOf } from '../../support/chaos/bit-flip.ts'
import { UnderLoad } from '../../support/chaos/under-load.ts'
import type { ClusterNode } from '../../support/conformance/cluster-node.ts'
import { SeededRandom } from '../../support/conformance/random.ts'
import { samsaHttpPort } from '../../support/conformance/samsa-server.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { waitFor } from '../../support/conformance/wait.ts'

const recordsBefore = 2_000
const seed = 20_261_121

conformanceSuite('a flipped bit of one copy', [], () => {
  let load: UnderLoad
  const random = new SeededRandom(seed)

  beforeEach(async () => {
    const until = ({ history }: UnderLoad) =>
      waitFor(() => history.events.length > recordsBefore, {
        what: 'some records',
        timeoutMs: 60_000,
      })
    load = await UnderLoad.start({ kind: 'samsa', nodes: 3, until })
    return () => load.close()
  })

  const says = ({ dir, id }: ClusterNode, what: RegExp) =>
    waitFor(() => what.test(readFileSync(join(dir, 'samsa.log'), 'utf8')), {
      what: `node ${id} to say ${what.source}`,
      timeoutMs: 60_000,
    })
  const metric = async ({ host, port }: ClusterNode, name: RegExp) => {
    const answer = await fetch(`http://${host}:${samsaHttpPort(port)}/metrics`)
    const lines = (await answer.text()).split('\n').filter((line) => name.test(line))
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }
  /** Kills the node, damages the largest file of that kind in a directory, and starts it again. */
  const damage = async (node: ClusterNode, dir: string) => {
    await load.during('bit-flip', dir, async () => {
      await node.kill9()
      const path = join(node.dataDir, dir)
      const [largest = ''] = readdirSync(path)
        .filter((name) => name.endsWith('.log'))
        .sort((a, b) => statSync(join(path, b)).size - statSync(join(path, a)).size)
      console.log(`node ${node.id}: ${flipBitOf(path, largest, random)}`)
      await node.start()
    })
    await load.inSync()
  }

  it('in the log of a follower is healed by the leader', async () => {
    const partitions = await load.bed.admin.partitions(load.topic)
    const { leader = 0 } = partitions[0] ?? {}
    const follower = load.bed.cluster.node((leader % 3) + 1)
    await damage(follower, `${load.topic}-0`)
    await says(follower, /healed from its peers/)
    expect(await metric(follower, /^samsa_\w*healed\w* /)).toBeGreaterThan(0)
    expect(await load.judge()).toEqual([])
  })

  it('in the log of a controller is healed by the quorum', async () => {
    const { admin, cluster } = load.bed
    const { leader } = await admin.quorum()
    const voter = cluster.node((leader % 3) + 1)
    await damage(voter, '__cluster_metadata-0')
    await says(voter, /the metadata log is damaged: its content comes from the others/)
    expect(await metric(voter, /^samsa_controller_\w*damage\w* /)).toBeGreaterThan(0)
    // It is a full voter again: with one of the others gone, the quorum still decides.
    const other = cluster.node(((leader + 1) % 3) + 1)
    await other.kill9()
    await admin.decideTopic('decided', 1)
    await other.start()
    await load.inSync()
    expect(await load.judge()).toEqual([])
  })
})
