// The log of a node or of the operator: one line of JSON an event on stderr, written in the
// background, and at once when the process is about to end. stdout is left to the line that says
// that it is ready.

import { type Logger, pino } from 'pino'

export interface NodeLogger {
  readonly logger: Logger
  /** Writes what is still buffered. */
  readonly flush: () => void
}

export function openLogger(level: string, base: Readonly<Record<string, unknown>>): NodeLogger {
  const destination = pino.destination({ fd: 2, sync: false })
  const logger = pino(
    {
      level,
      base,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
    },
    destination,
  )
  const flush = () => {
    try {
      destination.flushSync()
    } catch {
      // Nothing can be told any more to whoever closed stderr.
    }
  }
  // A crash prints its stack by itself; what was logged before it must not be lost behind it.
  process.once('uncaughtExceptionMonitor', flush)
  return { logger, flush }
}
