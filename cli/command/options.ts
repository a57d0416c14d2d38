// The kinds of options that commands declare, and reading a command line by such a declaration. A
// declaration is data plus one function from the given texts to the typed value, so that values
// come out typed from the table.

import { parseArgs } from 'node:util'
import { UsageError } from '../errors.ts'
import { parseDurationMs, parseSizeBytes } from '../units.ts'
import { nearest } from './nearest.ts'

export interface Option<T> {
  /** What the help puts after the name; undefined for a flag. */
  readonly placeholder?: string
  readonly help: string
  readonly repeats?: boolean
  /** One letter, for `-n`. */
  readonly short?: string
  readonly read: (texts: readonly string[], name: string) => T
}

/** Options by name, in camelCase; on the command line they are in kebab-case. */
export type OptionTable = { readonly [name: string]: Option<unknown> }

export type Values<O extends OptionTable> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never
}

export function flag(help: string): Option<boolean> {
  return { help, read: (texts) => texts.length > 0 }
}

function single<T>(
  placeholder: string,
  help: string,
  convert: (text: string, name: string) => T,
): Option<T | undefined> {
  return {
    placeholder,
    help,
    read(texts, name) {
      if (texts.length > 1) throw new UsageError(`${name} is given ${texts.length} times`)
      return texts[0] === undefined ? undefined : convert(texts[0], name)
    },
  }
}

export function text(placeholder: string, help: string): Option<string | undefined> {
  return single(placeholder, help, (given) => given)
}

export function integer(
  placeholder: string,
  help: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {},
): Option<number | undefined> {
  return single(placeholder, help, (given, name) => {
    const value = Number(given)
    if (given.trim() !== '' && Number.isSafeInteger(value) && value >= min && value <= max) {
      return value
    }
    const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`
    throw new UsageError(`${name} '${given}' is not a whole number ${range}`)
  })
}

export function duration(placeholder: string, help: string): Option<number | undefined> {
  return single(placeholder, help, (given) => parseDurationMs(given))
}

export function size(placeholder: string, help: string): Option<number | undefined> {
  return single(placeholder, help, (given) => parseSizeBytes(given))
}

export function choice<const C extends readonly string[]>(
  choices: C,
  help: string,
): Option<C[number] | undefined> {
  return single(choices.join('|'), help, (given, name) => {
    const found = choices.find((candidate) => candidate === given)
    if (found !== undefined) return found
    throw new UsageError(`${name} '${given}' is none of ${choices.join(', ')}`)
  })
}

export function repeated(placeholder: string, help: string): Option<readonly string[]> {
  return { placeholder, help, repeats: true, read: (texts) => texts }
}

/** '1,2,5-7' as numbers. */
export function integers(placeholder: string, help: string): Option<readonly number[] | undefined> {
  return single(placeholder, help, (given, name) => given.split(',').flatMap((p) => span(p, name)))
}

const spanMax = 100_000

/** '3' or '5-7' as numbers. */
export function span(part: string, name: string): number[] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(part)
  if (match === null) throw new UsageError(`${name} '${part}' is not a number or a range`)
  const first = Number(match[1])
  const last = Number(match[2] ?? match[1])
  if (last < first || last - first >= spanMax) {
    throw new UsageError(`${name} '${part}' is not a range from low to high`)
  }
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

export function required<T>(option: Option<T | undefined>): Option<T> {
  return {
    ...option,
    help: `${option.help} (required)`,
    read(texts, name) {
      const value = option.read(texts, name)
      if (value === undefined) throw new UsageError(`${name} is required`)
      return value
    },
  }
}

export function withDefault<T extends string | number>(
  option: Option<T | undefined>,
  byDefault: NoInfer<T>,
  shown = String(byDefault),
): Option<T> {
  return {
    ...option,
    help: `${option.help} (default: ${shown})`,
    read: (texts, name) => option.read(texts, name) ?? byDefault,
  }
}

export function optionName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** Reads a command line by a table; anything that the table does not know is a UsageError. */
export function readOptions<const O extends OptionTable>(
  table: O,
  args: readonly string[],
): { values: Values<O>; positionals: string[] } {
  const config: ParseOptions = {}
  for (const [key, option] of Object.entries(table)) {
    const type = option.placeholder === undefined ? 'boolean' : 'string'
    const { short } = option
    config[optionName(key).slice(2)] = {
      type,
      multiple: true,
      ...(short !== undefined && { short }),
    }
  }
  const parsed = parse(args, config)
  const values: Record<string, unknown> = {}
  for (const [key, option] of Object.entries(table)) {
    const name = optionName(key)
    const given = parsed.values[name.slice(2)] ?? []
    values[key] = option.read(Array.isArray(given) ? given.map(String) : [String(given)], name)
  }
  return { values: values as Values<O>, positionals: parsed.positionals }
}

type ParseOptions = Record<string, { type: 'string' | 'boolean'; multiple: true; short?: string }>

function parse(args: readonly string[], options: ParseOptions) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    const unknown = args.find((arg) => {
      const name = /^--([^=]+)/.exec(arg)?.[1]
      return name !== undefined && options[name] === undefined
    })
    if (unknown !== undefined) {
      const name = unknown.split('=')[0] ?? unknown
      const known = Object.keys(options).map((key) => `--${key}`)
      const near = nearest(name, known)
      const hint = near === undefined ? '' : `; did you mean ${near}?`
      throw new UsageError(`unknown option ${name}${hint}`)
    }
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    throw new UsageError(reason.charAt(0).toLowerCase() + reason.slice(1))
  }
}
