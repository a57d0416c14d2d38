// The checks that a config's value can be held to, each with the text by which Kafka describes it.
// A check sees one value alone; what concerns several keys together is in server-properties.ts,
// topic-configs.ts and group-configs.ts.

import { ConfigError, type ConfigValue, formatValue, invalidValue } from './value.ts'

export interface Check {
  /** As Kafka prints the valid values of a config. */
  readonly description: string
  /** The value to keep, or a ConfigError thrown. */
  apply(name: string, value: ConfigValue): ConfigValue
}

function check(description: string, apply: Check['apply']): Check {
  return { description, apply }
}

/**
 * For a check that only accepts or refuses; null, the absent value, passes unless the check says
 * otherwise.
 */
function accepts(
  description: string,
  reason: (value: ConfigValue, name: string) => string | undefined,
): Check {
  return check(description, (name, value) => {
    const why = reason(value, name)
    if (why !== undefined) throw invalidValue(name, printable(value), why)
    return value
  })
}

/** Messages print a double as Java does: 1.0, not 1. */
function printable(value: ConfigValue): ConfigValue {
  return typeof value === 'number' && !Number.isInteger(value)
    ? formatValue('double', value)
    : value
}

export function atLeast(min: number): Check {
  return range(`[${min},...]`, min, Number.POSITIVE_INFINITY)
}

export function between(min: number, max: number): Check {
  return range(`[${min},...,${max}]`, min, max)
}

function range(description: string, min: number, max: number): Check {
  return accepts(description, (value) => {
    if (value === null) return 'Value must be non-null'
    const size = Number(value)
    if (size < min) return `Value must be at least ${min}`
    if (size > max) return `Value must be no more than ${max}`
    return undefined
  })
}

export function oneOf(...allowed: readonly string[]): Check {
  return accepts(`[${allowed.join(', ')}]`, (value) =>
    allowed.includes(String(value)) ? undefined : `String must be one of: ${allowed.join(', ')}`,
  )
}

export function oneOfAnyCase(...allowed: readonly string[]): Check {
  const listed = allowed.join(', ')
  return accepts(`(case insensitive) [${listed}]`, (value) =>
    allowed.includes(String(value).toUpperCase())
      ? undefined
      : `String must be one of (case insensitive): ${listed}`,
  )
}

interface ListRules {
  readonly of?: readonly string[]
  readonly empty?: 'allowed'
}

/** A list without empty entries; an entry given twice counts once. */
export function listOf({ of: allowed = [], empty }: ListRules): Check {
  const description = allowed.length === 0 ? '' : `[${allowed.join(', ')}]`
  const entry = oneOf(...allowed)
  return check(description, (name, value) => {
    if (value === null || typeof value !== 'object') return value
    if (value.length === 0 && empty !== 'allowed') {
      const valid = description === '' ? 'any non-empty value' : description
      throw new ConfigError(
        `Configuration '${name}' must not be empty. Valid values include: ${valid}`,
      )
    }
    for (const item of value) {
      if (item === '') throw new ConfigError(`Configuration '${name}' values must not be empty.`)
      if (allowed.length > 0) entry.apply(name, item)
    }
    return [...new Set(value)]
  })
}

export const nonEmptyString: Check = accepts('non-empty string', (value) =>
  value === '' ? 'String must be non-empty' : undefined,
)

export const nonNullString: Check = accepts('non-null string', (value) =>
  value === null ? 'entry must be non null' : undefined,
)

export const gzipLevel: Check = accepts('[1,...,9] or -1', (value) => {
  const level = Number(value)
  return level === -1 || (level >= 1 && level <= 9)
    ? undefined
    : 'Value must be between 1 and 9 or equal to -1'
})

const replicaListForm = '[partitionId]:[brokerId],[partitionId]:[brokerId],...'

export const throttledReplicas: Check = accepts(replicaListForm, (value, name) => {
  const entries = value as readonly string[]
  const all = entries.length === 1 && entries[0] === '*'
  const pairs = entries.every((entry) => /^\d+:\d+$/.test(entry))
  return all || pairs
    ? undefined
    : `${name} must be the literal '*' or a list of replicas in the following format: ` +
        replicaListForm
})

/** Earliest, latest, or that long ago (ISO 8601, nothing larger than days; never ahead). */
export const offsetReset: Check = accepts(
  '[latest, earliest, by_duration:PnDTnHnMn.nS]',
  (value, name) => {
    const text = String(value)
    const duration =
      /^by_duration:P(?=.)(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d{1,9})?S)?)?$/i
    if (text === 'earliest' || text === 'latest' || duration.test(text)) return undefined
    return (
      `Invalid value \`${text}\` for configuration ${name}. The value must be either ` +
      "'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'."
    )
  },
)

export const quorumVoters: Check = check('non-empty list', (name, value) => {
  const form = 'Each entry should be in the form `{id}@{host}:{port}`.'
  for (const entry of value as readonly string[]) {
    const [id = '', address, ...rest] = entry.split('@')
    if (address === undefined || rest.length > 0) {
      throw new ConfigError(`Invalid configuration value for ${name}. ${form}`)
    }
    if (!/^[+-]?\d{1,10}$/.test(id)) {
      throw new ConfigError(`Failed to parse voter ID as an integer from ${id}`)
    }
    if (parseHostPort(address) === null) {
      throw new ConfigError(
        `Failed to parse host name from entry ${entry} for the configuration ${name}. ${form}`,
      )
    }
  }
  return value
})

export const bootstrapServers: Check = check('non-empty list', (name, value) => {
  for (const entry of value as readonly string[]) {
    if (parseHostPort(entry) === null) {
      throw new ConfigError(
        `Failed to parse host name from ${entry} for the configuration ${name}. ` +
          'Each entry should be in the form "{host}:{port}"',
      )
    }
  }
  return value
})

/** `host:port` of an own key; the host may be empty, for all addresses. */
export const hostAndPort: Check = accepts('host:port', (value) =>
  value === null || parseHostPort(String(value)) !== null ? undefined : 'Expected host:port',
)

export interface HostPort {
  /** Without brackets; '' for all addresses. */
  readonly host: string
  readonly port: number
}

export function parseHostPort(text: string): HostPort | null {
  const match = /^(?:[A-Z_]+:\/\/)?(?:\[([0-9a-zA-Z%._:]*)\]|([0-9a-zA-Z\-%._]*)):(\d{1,5})$/.exec(
    text,
  )
  const port = Number(match?.[3])
  if (match === null || port > 65_535) return null
  return { host: match[1] ?? match[2] ?? '', port }
}
