// Reads a place in a log: an end of it, an offset, a time, or a distance.

import { UsageError } from '../errors.ts'
import { parseTimeMs } from '../units.ts'

export type Target =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'shift'; readonly by: number }
  | { readonly kind: 'time'; readonly timeMs: number }

export function parseTarget(option: string, given: string): Target {
  if (given === 'earliest' || given === 'beginning') return { kind: 'earliest' }
  if (given === 'latest' || given === 'end') return { kind: 'latest' }
  const timeMs = parseTimeMs(given)
  if (timeMs !== undefined) return { kind: 'time', timeMs }
  const number = Number(given)
  if (/^[+-]\d+$/.test(given) && Number.isSafeInteger(number)) return { kind: 'shift', by: number }
  if (/^\d+$/.test(given) && Number.isSafeInteger(number)) return { kind: 'offset', offset: number }
  throw new UsageError(
    `${option} '${given}' is no place in a log: write earliest, latest, an offset, ` +
      'a time such as 2026-01-31T12:00:00Z, or +N or -N',
  )
}
