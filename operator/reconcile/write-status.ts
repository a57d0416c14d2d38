// Writes the status of a resource, and only where it says something new: thousands of topics must
// not cost thousands of writes each time that they are looked at.

import type { KubeClient } from '../kube/client.ts'
import type { Kind } from '../kube/objects.ts'
import type { Resource } from '../resources/resource.ts'
import { type Condition, conditionsOf, type Finding } from '../status/conditions.ts'

interface StatusBase {
  readonly observedGeneration?: number
  readonly conditions?: readonly Condition[]
}

export interface Said<S> {
  readonly findings: ReadonlyMap<string, Finding>
  /** All other fields; undefined: as they were. */
  readonly fields: Partial<S> | undefined
}

export async function writeStatus<Spec, S extends StatusBase>(
  { client, wallMs }: { readonly client: KubeClient; readonly wallMs: () => number },
  where: Kind,
  { apiVersion, kind, metadata, status: before }: Resource<Spec, S>,
  { findings, fields }: Said<S>,
  signal: AbortSignal,
): Promise<void> {
  const { name, namespace, generation } = metadata
  const status = {
    ...(fields ?? before),
    observedGeneration: generation,
    conditions: conditionsOf(findings, before?.conditions ?? [], generation, wallMs()),
  }
  if (isSame(status, before)) return
  const object = { apiVersion, kind, metadata: { name, namespace }, status }
  await client.applyStatus(where, object, signal)
}

/** Whatever the order of fields: the API server has its own. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]))
}
