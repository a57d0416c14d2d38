// Typed values of Kafka's configs and their text form. Text is read and written exactly as Kafka's
// ConfigDef does it on the JVM, since tools compare the answers of DescribeConfigs. Knows nothing
// of any single key.

import { assertNever } from '../assert.ts'

export type ConfigType =
  | 'boolean'
  | 'string'
  | 'int'
  | 'short'
  | 'long'
  | 'double'
  | 'list'
  | 'class'
  | 'password'

/** A long is a number while that is exact, and a bigint from 2^53 on. */
export type ConfigValue = boolean | number | bigint | string | readonly string[] | null

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Kafka's wording for a value that cannot be taken. */
export function invalidValue(name: string, value: ConfigValue, reason?: string): ConfigError {
  const text = `Invalid value ${printed(value)} for configuration ${name}`
  return new ConfigError(reason === undefined ? text : `${text}: ${reason}`)
}

export function parseValue(name: string, type: ConfigType, text: string): ConfigValue {
  const trimmed = trim(text)
  switch (type) {
    case 'boolean':
      return parseBoolean(name, text, trimmed)
    case 'int':
    case 'short':
    case 'long':
      return parseInteger(name, type, text, trimmed)
    case 'double':
      return parseDouble(name, text, trimmed)
    case 'list':
      return trimmed === '' ? [] : trimmed.split(/\s*,\s*/)
    case 'string':
    case 'class':
    case 'password':
      return trimmed
    default:
      return assertNever(type)
  }
}

/** The text that DescribeConfigs gives for a value; null stays null. */
export function formatValue(type: ConfigType, value: ConfigValue): string | null {
  if (value === null) return null
  if (typeof value === 'object') return value.join(',')
  if (type === 'double' && typeof value === 'number') return formatDouble(value)
  return String(value)
}

function parseBoolean(name: string, text: string, trimmed: string): boolean {
  const lower = trimmed.toLowerCase()
  if (lower === 'true') return true
  if (lower === 'false') return false
  throw invalidValue(name, text, 'Expected value to be either true or false')
}

const integerLimits = {
  short: [-(2n ** 15n), 2n ** 15n - 1n],
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
} as const

function parseInteger(
  name: string,
  type: 'short' | 'int' | 'long',
  text: string,
  trimmed: string,
): number | bigint {
  const [min, max] = integerLimits[type]
  if (/^[+-]?\d{1,40}$/.test(trimmed)) {
    const value = BigInt(trimmed.replace(/^\+/, ''))
    if (value >= min && value <= max) return narrow(value)
  }
  throw invalidValue(name, text, `Not a number of type ${type.toUpperCase()}`)
}

function narrow(value: bigint): number | bigint {
  const asNumber = Number(value)
  return Number.isSafeInteger(asNumber) ? asNumber : value
}

// What Java's Double.parseDouble takes, but for hexadecimal floating point, which nobody writes in
// a config.
const javaDouble = /^[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?)$/

function parseDouble(name: string, text: string, trimmed: string): number {
  if (!javaDouble.test(trimmed)) throw invalidValue(name, text, 'Not a number of type DOUBLE')
  return Number(trimmed.replace(/[dDfF]$/, ''))
}

/** Java's Double.toString: at least one decimal, and an exponent outside [0.001, 10 000 000). */
function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Object.is(value, -0)) return '-0.0'
  const size = Math.abs(value)
  if (size === 0 || (size >= 1e-3 && size < 1e7)) return withDecimal(String(value))
  const [digits = '', exponent = ''] = value.toExponential().split('e')
  return `${withDecimal(digits)}E${Number(exponent)}`
}

function withDecimal(digits: string): string {
  return digits.includes('.') ? digits : `${digits}.0`
}

/** As Java's String.trim: every control character and the blank, and no other white space. */
function trim(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text.charCodeAt(start) <= 32) start++
  while (end > start && text.charCodeAt(end - 1) <= 32) end--
  return text.slice(start, end)
}

/** As Java prints a value inside an error message. */
export function printed(value: ConfigValue): string {
  if (typeof value === 'object' && value !== null) return `[${value.join(', ')}]`
  return String(value)
}
