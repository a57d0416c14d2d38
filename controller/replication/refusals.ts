// Requests that are refused as a whole until their decisions are in place.

import type { Decision } from '../decision.ts'
import { ControllerError } from '../errors.ts'

export function refused(what: string): Decision<never> {
  throw new ControllerError('UNSUPPORTED_VERSION', `${what} is not served by this controller.`)
}
