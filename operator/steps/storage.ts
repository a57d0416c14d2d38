// Step: the volumes. Makes what is missing, grows what may grow while it is in use, takes up what
// an earlier cluster of this name left, and never shrinks or deletes one. A volume that was grown
// by hand is fine. One that cannot grow is told, and holds up nothing else.

import { annotationKeys, type ClusterNode } from '../desired/names.ts'
import { volumeClaims } from '../desired/pods.ts'
import { isConflict, KubeError } from '../kube/errors.ts'
import { type KubeObject, kinds } from '../kube/objects.ts'
import { quantityBytes, type VolumeClaim } from '../observe/volumes.ts'
import { bad, good } from '../status/conditions.ts'
import type { Pass, Step } from './step.ts'

const growingAgainMs = 5_000

interface Outcome {
  readonly problems: string[]
  readonly growing: string[]
}

export const storage: Step = {
  condition: 'StorageReady',
  async run(pass) {
    const outcome: Outcome = { problems: [], growing: [] }
    const clusterId = pass.live?.clusterId ?? null
    for (const node of pass.nodes) await keepVolumes(pass, node, clusterId, outcome)
    const { problems, growing } = outcome
    if (problems.length > 0) {
      return { finding: bad('VolumeProblem', problems.join('; ')), againMs: growingAgainMs }
    }
    if (growing.length > 0) {
      const message = `growing: ${growing.join(', ')}`
      return { finding: bad('VolumesGrowing', message), againMs: growingAgainMs }
    }
    return { finding: good('VolumesReady'), againMs: null }
  },
}

async function keepVolumes(
  pass: Pass,
  node: ClusterNode,
  clusterId: string | null,
  outcome: Outcome,
): Promise<void> {
  for (const wanted of volumeClaims(pass.cluster, node, clusterId)) {
    const present = pass.claims.find(({ metadata }) => metadata.name === wanted.metadata.name)
    try {
      if (present === undefined) await pass.client.create(kinds.volumeClaim, wanted, pass.signal)
      else await keepVolume(pass, wanted, present, outcome)
    } catch (error) {
      // Somebody was quicker: the next pass sees what there is.
      if (isConflict(error)) continue
      if (!(error instanceof KubeError)) throw error
      outcome.problems.push(`${wanted.metadata.name}: ${error.message}`)
    }
  }
}

async function keepVolume(
  { client, signal }: Pass,
  wanted: KubeObject,
  present: VolumeClaim,
  { growing, problems }: Outcome,
): Promise<void> {
  const { name } = present.metadata
  const wantedSize = (wanted as VolumeClaim).spec?.resources?.requests?.storage ?? '0'
  const wantedBytes = quantityBytes(wantedSize)
  const asked = quantityBytes(present.spec?.resources?.requests?.storage ?? '0')
  const got = quantityBytes(present.status?.capacity?.storage ?? '0')
  if (wantedBytes > asked) {
    const patch = { spec: { resources: { requests: { storage: wantedSize } } } }
    await client.merge(kinds.volumeClaim, present, patch, signal)
    growing.push(name)
  } else if (present.status?.phase === 'Bound' && got < wantedBytes) growing.push(name)
  if (present.status?.phase === 'Lost') problems.push(`${name}: its volume is lost`)
  await keepClusterId(client, wanted, present, signal)
}

async function keepClusterId(
  client: Pass['client'],
  wanted: KubeObject,
  present: VolumeClaim,
  signal: AbortSignal,
): Promise<void> {
  const id = wanted.metadata.annotations?.[annotationKeys.clusterId]
  if (id === undefined || present.metadata.annotations?.[annotationKeys.clusterId] !== undefined)
    return
  const patch = { metadata: { annotations: { [annotationKeys.clusterId]: id } } }
  await client.merge(kinds.volumeClaim, present, patch, signal)
}
