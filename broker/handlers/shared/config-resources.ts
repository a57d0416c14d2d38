// Resources whose configs a request alters: the checks that both alter APIs make before the
// controller is asked, and the answers in the order of the request. What is set for a broker is
// checked by that broker: only it knows the file that the change goes on top of.

import { resourceTypeOf } from '@samsa/controller/configs'
import type { ConfigOutcome } from '@samsa/controller/decision'
import { type ConfigOverrides, type ConfigResource, configOverrides } from '@samsa/controller/image'
import type { AlterConfigsResult, Outcome } from '@samsa/controller/requests'
import type { BrokerConfig } from '../../config/broker-config.ts'
import type { Services } from '../../services.ts'
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

export interface AlterSteps<R extends AskedResource, C extends ConfigResource> {
  readonly check: (resource: R) => Outcome | null
  readonly resourceOf: (resource: R, type: ConfigResource['type']) => C
  /** What the change makes of the overrides that the resource has. */
  readonly apply: (config: BrokerConfig, resource: C, before: ConfigOverrides) => ConfigOutcome
  readonly alter: (resources: C[]) => Promise<AlterConfigsResult[]>
}

/**
 * Sorts out what needs no controller (`check` says why), asks it for the rest, and puts the answers
 * together. `resourceOf` makes the controller's form of a resource that passed.
 */
export async function alterResources<R extends AskedResource, C extends ConfigResource>(
  services: Services,
  resources: readonly R[],
  steps: AlterSteps<R, C>,
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
    const outcome = (repeated ? duplicate : null) ?? steps.check(resource)
    if (outcome !== null) {
      outcomes.push(outcome)
    } else if (type === undefined) {
      outcomes.push(unknownType(resource.resourceType))
    } else {
      const alteration = steps.resourceOf(resource, type)
      const refusal = refusedHere(services, alteration, steps)
      outcomes.push(refusal)
      if (refusal === null) forwarded.push(alteration)
    }
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

function refusedHere<R extends AskedResource, C extends ConfigResource>(
  services: Services,
  resource: C,
  { apply }: AlterSteps<R, C>,
): Outcome | null {
  const { type, name } = resource
  if (type !== 'broker') return null
  const outcome = apply(
    services.config(),
    resource,
    configOverrides(services.metadata(), type, name),
  )
  if (outcome.type === 'refused') return outcome
  if (name === '' || Number(name) === services.nodeId) return null
  return {
    error: 'INVALID_REQUEST',
    message: `Unexpected broker id, expected ${services.nodeId}, but received ${name}`,
  }
}

function outcomesOf(asked: Asked<AlterConfigsResult[]>, count: number): Outcome[] {
  if (asked.type === 'answered') return [...asked.answer]
  return Array.from({ length: count }, () => asked.outcome)
}
