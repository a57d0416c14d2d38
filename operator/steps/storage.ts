// Step: the volumes. Makes what is missing, grows what may grow while it is in use, takes up what
// an earlier cluster of this name left, and never shrinks or deletes one. A volume that was grown
// by hand is fine. One that cannot grow is told, and holds up nothing else.

import { annotationKeys, type ClusterNode, labelKeys, ownerOf } from '../desired/names.ts'
import { volumeClaims } from '../desired/pods.ts'
import { isConflict, KubeError } from '../kube/errors.ts'
import { type KubeObject, kinds } from '../kube/objects.ts'
import { clusterIdsOf, quantityBytes, type VolumeClaim } from '../observe/volumes.ts'
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
    const ids = clusterIdsOf(pass.claims)
    if (ids.length > 1) {
      const message = `volumes of different clusters: ${ids.join(', ')}; take the foreign ones away`
      outcome.problems.push(message)
    }
    const clusterId = pass.live?.clusterId ?? (ids.length === 1 ? (ids[0] ?? null) : null)
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
      if (present === undefined) await makeOrAdopt(pass, wanted, outcome)
      else await keepVolume(pass, wanted, present, outcome)
    } catch (error) {
      // Somebody was quicker: the next pass sees what there is.
      if (isConflict(error)) {
        outcome.growing.push(wanted.metadata.name)
        continue
      }
      if (!(error instanceof KubeError)) throw error
      outcome.problems.push(`${wanted.metadata.name}: ${error.message}`)
    }
  }
}

/** One of that name that the cluster gave up earlier is taken up again, with what it holds. */
async function makeOrAdopt(
  { client, signal, cluster, events }: Pass,
  wanted: KubeObject,
  { problems, growing }: Outcome,
): Promise<void> {
  const { name, namespace, labels } = wanted.metadata
  const present = await client.get<VolumeClaim>(kinds.volumeClaim, namespace, name, signal)
  if (present === null) {
    await client.create(kinds.volumeClaim, wanted, signal)
    return
  }
  if (present.metadata.deletionTimestamp !== undefined) {
    growing.push(`${name} (its predecessor is still going)`)
    return
  }
  const clusterId = wanted.metadata.annotations?.[annotationKeys.clusterId]
  const theirs = present.metadata.annotations?.[annotationKeys.clusterId]
  const isReleased = present.metadata.labels?.[labelKeys.released] === 'true'
  const isForeign = theirs !== undefined && clusterId !== undefined && theirs !== clusterId
  if (!isReleased || isForeign) {
    problems.push(`${name}: a claim of that name is there and not of this cluster`)
    return
  }
  const patch = { metadata: { labels: { ...labels, [labelKeys.released]: null } } }
  await client.merge(kinds.volumeClaim, present, patch, signal)
  const note = `took up volume ${name} again, with what it holds`
  await events.record(cluster, { type: 'Normal', reason: 'VolumeAdopted', action: 'Adopt', note })
}

async function keepVolume(
  { client, signal, cluster }: Pass,
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
  await keepMetadata(client, cluster, wanted, present, signal)
}

/** The cluster's id stays with its records, and the owner follows the deletion policy. */
async function keepMetadata(
  client: Pass['client'],
  cluster: Pass['cluster'],
  wanted: KubeObject,
  { metadata }: VolumeClaim,
  signal: AbortSignal,
): Promise<void> {
  const id = wanted.metadata.annotations?.[annotationKeys.clusterId]
  const isNamed = id === undefined || metadata.annotations?.[annotationKeys.clusterId] !== undefined
  const { uid } = ownerOf(cluster)
  const owners = metadata.ownerReferences ?? []
  const others = owners.filter((owner) => owner.uid !== uid)
  const wantedOwners = [...others, ...(wanted.metadata.ownerReferences ?? [])]
  const isOwned = wantedOwners.length === owners.length
  if (isNamed && isOwned) return
  const change = {
    ...(!isNamed && { annotations: { [annotationKeys.clusterId]: id } }),
    ...(!isOwned && { ownerReferences: wantedOwners }),
  }
  await client.merge(kinds.volumeClaim, { metadata }, { metadata: change }, signal)
}
