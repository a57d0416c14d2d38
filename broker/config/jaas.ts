// The JAAS notation of `sasl.jaas.config`: a log-in module with its options,
// `module.Class required key="value" … ;`. Pure; loads nothing, shows no value in an error.

import { ConfigError } from './value.ts'

export interface JaasModule {
  /** The Java class that Kafka would load. */
  readonly name: string
  readonly options: ReadonlyMap<string, string>
}

const controlFlags: readonly string[] = ['required', 'requisite', 'sufficient', 'optional']
const token = /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([=;])|([^\s=;"']+))/gy

interface Token {
  readonly text: string
  /** An equals sign or a semicolon, and not a quoted one. */
  readonly isSign: boolean
}

/** Throws a ConfigError that says what was expected, without the text, which may be a secret. */
export function parseJaas(text: string): readonly JaasModule[] {
  const tokens = tokensOf(text.trim())
  const modules: JaasModule[] = []
  const take = (what: string): string => {
    const next = tokens.shift()
    if (next === undefined || next.isSign) throw malformed(what, modules.length)
    return next.text
  }
  const takeSign = (sign: string): void => {
    const next = tokens.shift()
    if (next?.isSign !== true || next.text !== sign) throw malformed(sign, modules.length)
  }
  while (tokens.length > 0) {
    const name = take('the name of a module')
    const flag = take('a control flag such as required').toLowerCase()
    if (!controlFlags.includes(flag)) {
      throw malformed('a control flag such as required', modules.length)
    }
    const options = new Map<string, string>()
    while (tokens[0]?.isSign === false) {
      const key = take('a key')
      takeSign('=')
      options.set(key, take('a value'))
    }
    takeSign(';')
    modules.push({ name, options })
  }
  return modules
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  token.lastIndex = 0
  while (token.lastIndex < text.length) {
    const match = token.exec(text)
    if (match === null) throw malformed('closed quotes', 0)
    const [, double, single, sign, word] = match
    const quoted = double ?? single
    tokens.push({
      text: quoted === undefined ? (sign ?? word ?? '') : quoted.replace(/\\(.)/g, '$1'),
      isSign: sign !== undefined,
    })
  }
  return tokens
}

function malformed(expected: string, modulesBefore: number): ConfigError {
  return new ConfigError(
    `sasl.jaas.config cannot be read: expected ${expected} in module ${modulesBefore + 1}`,
  )
}
