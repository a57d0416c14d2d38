// Reads and prints numbers with units: durations, sizes, points in time. Owns no state.

import { UsageError } from './errors.ts'

const msPerUnit: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** '500ms', '10s', '5m', '2h', '7d'; a bare number is milliseconds. */
export function parseDurationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text)
  const factor = msPerUnit[match?.[2] ?? 'ms']
  if (match === null || factor === undefined) {
    throw new UsageError(`'${text}' is not a duration: write 500ms, 10s, 5m, 2h or 7d`)
  }
  return Math.round(Number(match[1]) * factor)
}

/** A time in ISO form, or milliseconds since 1970 as a number of 12 digits or more. */
export function parseTimeMs(text: string): number | undefined {
  if (/^\d{12,}$/.test(text)) return Number(text)
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined
  const timeMs = Date.parse(text)
  return Number.isNaN(timeMs) ? undefined : timeMs
}

const sizeUnits = ['B', 'kB', 'MB', 'GB', 'TB']

/** '500kB', '50MB', '1.5GB'; a bare number is bytes. */
export function parseSizeBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]+)?$/i.exec(text)
  const unit = match?.[2] ?? 'B'
  const power = sizeUnits.findIndex((known) => known.toLowerCase() === unit.toLowerCase())
  if (match === null || power < 0) {
    throw new UsageError(`'${text}' is not a size: write 500kB, 50MB or 1.5GB`)
  }
  return Math.round(Number(match[1]) * 1000 ** power)
}

export function formatSize(sizeBytes: number): string {
  let value = sizeBytes
  let unit = 0
  while (value >= 1000 && unit < sizeUnits.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${sizeUnits[unit]}`
}

/** '1 topic', '5 topics'. */
export function counted(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

export function formatDuration(durationMs: number): string {
  if (durationMs < 60_000) return `${(durationMs / 1000).toFixed(1)} s`
  const minutes = Math.floor(durationMs / 60_000)
  return `${minutes} min ${Math.floor((durationMs % 60_000) / 1000)} s`
}
