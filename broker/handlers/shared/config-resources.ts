// Resources whose configs a request alters: the checks that both alter APIs make before the
// controller is asked, and the answers in the order of the request.

import { resourceTypeOf } from '@samsa/controller/configs'
import type { ConfigResource } from '@samsa/controller/image'
import type { AlterConfigsResult, Outcome } from '@samsa/controller/requests'
import { type Asked, errorFields, refusable } from './ask-controller.ts'

interface AskedResource {
  readonly resourceType: number
  readonly resourceName: string
}

const duplicate: Outcome = {
  error: 'INVALID_REQUEST',
  message: 'Each resource must appear at most once.',
}

function keyOf({ resourceType, resourceName }: AskedResource): string {
  return `${resourceType}:${resourceName}`
}

export function unknownType(resourceType: number): Outcome {
  return { error: 'INVALID_REQUEST', message: `Unknown resource type ${resourceType}` }
}

/**
 * Sorts out what needs no controller (`check` says why), asks it for the rest, and puts the answers
 * together. `resourceOf` makes the controller's form of a resource that passed.
 */
export async function alterResources<R extends AskedResource, C extends ConfigResource>(
  resources: readonly R[],
  steps: {
    readonly check: (resource: R) => Outcome | null
    readonly resourceOf: (resource: R, type: ConfigResource['type']) => C
    readonly alter: (resources: C[]) => Promise<AlterConfigsResult[]>
  },
) {
  const counts = new Map<string, number>()
  for (const resource of resources) {
    counts.set(keyOf(resource), (counts.get(keyOf(resource)) ?? 0) + 1)
  }
  const outcomes: (Outcome | null)[] = []
  const forwarded: C[] = []
  for (const resource of resources) {
    const type = resourceTypeOf(resource.resourceType)
    const repeated = (counts.get(keyOf(resource)) ?? 0) > 1
    const outcome =
      (repeated ? duplicate : null) ??
      (type === undefined ? unknownType(resource.resourceType) : null) ??
      steps.check(resource)
    outcomes.push(outcome)
    if (outcome === null && type !== undefined) forwarded.push(steps.resourceOf(resource, type))
  }
  const asked = await refusable(
    forwarded.length === 0 ? Promise.resolve([]) : steps.alter(forwarded),
  )
  const rest = outcomesOf(asked, forwarded.length)
  return {
    responses: resources.map(({ resourceType, resourceName }, index) => ({
      ...errorFields(outcomes[index] ?? rest.shift() ?? duplicate),
      resourceType,
      resourceName,
    })),
  }
}

function outcomesOf(asked: Asked<AlterConfigsResult[]>, count: number): Outcome[] {
  if (asked.type === 'answered') return [...asked.answer]
  return Array.from({ length: count }, () => asked.outcome)
}
