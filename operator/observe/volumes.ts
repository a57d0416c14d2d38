// What volume claims say of themselves. Pure.

import { annotationKeys, labelKeys } from '../desired/names.ts'
import type { KubeObject } from '../kube/objects.ts'

export interface VolumeClaim extends KubeObject {
  readonly spec?: {
    readonly resources?: { readonly requests?: { readonly storage?: string } }
    readonly storageClassName?: string
  }
  readonly status?: {
    readonly phase?: string
    readonly capacity?: { readonly storage?: string }
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  }
}

export function nodeIdOf({ metadata }: Pick<KubeObject, 'metadata'>): number | null {
  const id = Number(metadata.labels?.[labelKeys.nodeId] ?? Number.NaN)
  return Number.isInteger(id) ? id : null
}

export function zoneOf({ metadata }: Pick<KubeObject, 'metadata'>): string | null {
  return metadata.labels?.[labelKeys.zone] ?? null
}

export function poolOf({ metadata }: Pick<KubeObject, 'metadata'>): string | null {
  return metadata.labels?.[labelKeys.pool] ?? null
}

/** The clusters whose records the volumes hold: one, or none where none says so yet. */
export function clusterIdsOf(claims: readonly VolumeClaim[]): string[] {
  const ids = claims.flatMap(
    ({ metadata }) => metadata.annotations?.[annotationKeys.clusterId] ?? [],
  )
  return [...new Set(ids)]
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** Bytes of a quantity; NaN for what is none. */
export function quantityBytes(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)([kKMGTPE]i?)?$/.exec(text)
  const unit = units[match?.[2] ?? '']
  return match === null || unit === undefined ? Number.NaN : Number(match[1]) * unit
}
