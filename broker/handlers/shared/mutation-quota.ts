// Holds one request that makes or deletes partitions to its client's controller_mutation_rate
// (KIP-599). Clients of newer versions are refused item by item and told when to come again; older
// ones get what they ask for, and are held back by muting.

import type { Outcome } from '@samsa/controller/requests'
import { errorByName } from '@samsa/proto/kafka/errors'
import type { Services } from '../../services.ts'
import type { RequestContext } from '../handler.ts'

export const quotaExceeded: Outcome = {
  error: 'THROTTLING_QUOTA_EXCEEDED',
  message: errorByName('THROTTLING_QUOTA_EXCEEDED').text,
}

export class MutationQuota {
  /** What the response tells. */
  throttleTimeMs = 0
  readonly #services: Services
  readonly #context: RequestContext
  readonly #strict: boolean

  /** `strictSince`: the first version of the API that knows the error. */
  constructor(services: Services, context: RequestContext, strictSince: number) {
    this.#services = services
    this.#context = context
    this.#strict = context.apiVersion >= strictSince
  }

  /** Whether one item may make or delete that many partitions. */
  allows(partitions: number): boolean {
    const { quotas, clock } = this.#services
    if (partitions <= 0 || !quotas.enforced) return true
    const asked = { partitions, strict: this.#strict }
    const { allowed, waitMs } = quotas.mutate(this.#context, asked, clock.monotonicMs())
    this.throttleTimeMs = Math.max(this.throttleTimeMs, waitMs)
    return allowed
  }
}
