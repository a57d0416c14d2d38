// Step: the voters of the controller quorum. One change at a time, additions before removals, and
// only while the quorum is well: a controller becomes a voter once it follows, and a pod of one
// that is to go is not taken before its vote is.

import { hasRole, hostOf, ports } from '../desired/names.ts'
import { bad, good } from '../status/conditions.ts'
import type { Pass, Step, StepResult } from './step.ts'

const againMs = 1_000

export const quorum: Step = {
  condition: 'QuorumHealthy',
  async run(pass) {
    const { live } = pass
    if (live === null) {
      return { finding: bad('ClusterUnreachable', pass.adminProblem ?? ''), againMs }
    }
    const { voters, leaderId, caughtUp } = live.quorum
    const status = { voters, leader: leaderId }
    const lagging = voters.filter((id) => !caughtUp.includes(id))
    const change = nextChange(pass)
    if (change === null) return { ...settled(pass, lagging), status }
    if (change.type === 'wait') {
      return { finding: bad('VotersChanging', change.what), againMs, status }
    }
    await carryOut(pass, change)
    return { finding: bad('VotersChanging', `${change.type} voter ${change.id}`), againMs, status }
  },
}

type Change =
  | { readonly type: 'add' | 'remove'; readonly id: number; readonly directoryId: string }
  | { readonly type: 'wait'; readonly what: string }

function nextChange({ nodes, live }: Pass): Change | null {
  if (live === null) return null
  const { voters, voterDirectories, observerDirectories, caughtUp } = live.quorum
  const wanted = nodes.filter(({ pool }) => hasRole(pool, 'controller')).map(({ id }) => id)
  const missing = wanted.filter((id) => !voters.includes(id))
  for (const id of missing) {
    const directoryId = observerDirectories.get(id)
    if (directoryId !== undefined) return { type: 'add', id, directoryId }
  }
  if (missing.length > 0) {
    return { type: 'wait', what: `controllers ${missing.join(', ')} do not follow the quorum yet` }
  }
  const superfluous = voters.filter((id) => !wanted.includes(id))
  const [id] = superfluous
  if (id === undefined) return null
  // Whoever remains must be able to go on alone.
  const able = wanted.filter((voter) => caughtUp.includes(voter))
  if (able.length <= wanted.length / 2) {
    return { type: 'wait', what: 'too few of the remaining voters are level with the leader' }
  }
  return { type: 'remove', id, directoryId: voterDirectories.get(id) ?? '' }
}

async function carryOut(
  { admin, cluster, nodes, events, signal }: Pass,
  change: Exclude<Change, { type: 'wait' }>,
): Promise<void> {
  const { id, directoryId } = change
  if (change.type === 'remove') await admin.removeVoter(id, directoryId, signal)
  else {
    const node = nodes.find((one) => one.id === id)
    if (node === undefined) return
    await admin.addVoter(id, directoryId, hostOf(cluster, node), ports.controller, signal)
  }
  const note = `${change.type === 'add' ? 'added' : 'removed'} voter ${id}`
  await events.record(cluster, { type: 'Normal', reason: 'VotersChanged', action: 'Quorum', note })
}

function settled({ live }: Pass, lagging: readonly number[]): StepResult {
  const count = live?.quorum.voters.length ?? 0
  if (live === null || live.quorum.leaderId < 0) {
    return { finding: bad('NoLeader', 'the quorum has no leader'), againMs }
  }
  if (lagging.length === 0) {
    return {
      finding: good('QuorumHealthy', `${count} voters, all level with the leader`),
      againMs: null,
    }
  }
  const message = `voters behind the leader: ${lagging.join(', ')}`
  const isMajority = lagging.length < count / 2
  const finding = isMajority ? good('VotersLagging', message) : bad('MajorityLagging', message)
  return { finding, againMs }
}
