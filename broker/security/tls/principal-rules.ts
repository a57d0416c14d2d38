// `ssl.principal.mapping.rules` (KIP-371): how the name in a client's certificate becomes a user.
// Pure. The first rule whose pattern matches the whole name wins; DEFAULT takes the name as it is.

import { ConfigError } from '../../config/value.ts'

type Rule = (name: string) => string | null

const ruleForm =
  /\s*(?:(DEFAULT)|RULE:((?:\\.|[^\\/])*)\/((?:\\.|[^\\/])*)\/([LU]?))\s*(?:[,\n]|$)/y

/** Throws a ConfigError for rules that cannot be read. */
export class PrincipalRules {
  readonly #rules: readonly Rule[]
  readonly #text: string

  constructor(text: string) {
    this.#text = text
    this.#rules = parse(text)
  }

  /** The user's name. Throws when no rule takes the distinguished name: nobody may be let in. */
  userOf(distinguishedName: string): string {
    for (const rule of this.#rules) {
      const user = rule(distinguishedName)
      if (user !== null) return user
    }
    throw new Error(
      `no rule of ssl.principal.mapping.rules=${this.#text} takes ${distinguishedName}`,
    )
  }
}

function parse(text: string): Rule[] {
  const rules: Rule[] = []
  ruleForm.lastIndex = 0
  while (ruleForm.lastIndex < text.length) {
    const match = ruleForm.exec(text)
    if (match === null) {
      throw new ConfigError(
        `ssl.principal.mapping.rules=${text}: expected DEFAULT or RULE:pattern/replacement/[LU]`,
      )
    }
    const [, isDefault, pattern = '', replacement = '', letterCase = ''] = match
    rules.push(isDefault === undefined ? mapping(pattern, replacement, letterCase) : asItIs)
  }
  return rules.length === 0 ? [asItIs] : rules
}

const asItIs: Rule = (name) => name

function mapping(pattern: string, replacement: string, letterCase: string): Rule {
  const whole = expression(pattern)
  // $1 is a group as in Java; every other dollar sign is one.
  const safe = replacement.replace(/\$(?!\d)/g, '$$$$').replace(/\\(.)/g, '$1')
  return (name) => {
    if (!whole.test(name)) return null
    const user = name.replace(whole, safe)
    if (letterCase === 'L') return user.toLowerCase()
    return letterCase === 'U' ? user.toUpperCase() : user
  }
}

function expression(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u')
  } catch (error) {
    throw new ConfigError(`ssl.principal.mapping.rules: ${(error as Error).message}`)
  }
}
