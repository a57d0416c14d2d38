// Whether pods may be replaced now, by the cluster's update policy and by people. Pure but for the
// time in the pass.

import { annotationKeys } from '../desired/names.ts'
import { isOpen } from '../desired/windows.ts'
import type { Pass } from './step.ts'

/** Why a replacement that nobody needs urgently has to wait; null when it need not. */
export function heldBack({ cluster, nowMs }: Pass): string | null {
  const { updatePolicy } = cluster.spec
  const { generation, annotations } = cluster.metadata
  switch (updatePolicy?.type ?? 'Automatic') {
    case 'Automatic':
      return null
    case 'OnApproval': {
      const approved = Number(annotations?.[annotationKeys.approved] ?? -1)
      if (approved >= generation) return null
      return (
        `waiting for approval of generation ${generation}: ` +
        `kubectl annotate kafkacluster ${cluster.metadata.name} --overwrite ` +
        `${annotationKeys.approved}=${generation}`
      )
    }
    case 'Window': {
      const windows = updatePolicy?.windows ?? []
      return windows.some((window) => isOpen(window, nowMs)) ? null : 'waiting for a window'
    }
    default:
      throw new Error('no such update policy')
  }
}
