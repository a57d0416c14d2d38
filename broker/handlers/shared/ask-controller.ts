// Asks the controller on behalf of a request: within the time that the client gave, and with a
// refusal of the whole as a value, since each API says it in its own way, mostly once for each of
// its items.

import { ControllerError } from '@samsa/controller/errors'
import type { Outcome } from '@samsa/controller/requests'
import { errorByName, errorCodes } from '@samsa/proto/kafka/errors'
import type { Services } from '../../services.ts'

export type Asked<T> =
  | { readonly type: 'answered'; readonly answer: T }
  | { readonly type: 'refused'; readonly outcome: Outcome }

const timedOut: Outcome = {
  error: 'REQUEST_TIMED_OUT',
  message: 'The controller did not finish within the time that the request gave.',
}

/** What was asked for may still happen after it timed out, as in Kafka. */
export async function askController<T>(
  services: Services,
  timeoutMs: number,
  ask: () => Promise<T>,
): Promise<Asked<T>> {
  let timer: { cancel(): void } | undefined
  const expired = new Promise<Asked<T>>((resolve) => {
    const expire = () => resolve({ type: 'refused', outcome: timedOut })
    timer = services.timers.schedule(Math.max(0, timeoutMs), expire)
  })
  try {
    return await Promise.race([refusable(ask()), expired])
  } finally {
    timer?.cancel()
  }
}

/** The same without a limit of time. */
export async function refusable<T>(asked: Promise<T>): Promise<Asked<T>> {
  try {
    return { type: 'answered', answer: await asked }
  } catch (error) {
    if (!(error instanceof ControllerError)) throw error
    return { type: 'refused', outcome: { error: error.kafkaError, message: error.message } }
  }
}

/** The fields that most responses say an outcome in. */
export function errorFields({ error, message }: Outcome): {
  errorCode: number
  errorMessage: string | null
} {
  const errorCode = errorCodes[error]
  return { errorCode, errorMessage: error === 'NONE' ? null : message }
}

/** The same where Kafka has a sentence even if there is nothing to add to the error's own. */
export function errorText({ error, message }: Outcome): string {
  return message ?? errorByName(error).text
}
