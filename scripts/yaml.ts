// Writes plain data as YAML, as a person would lay it out: enough for what is generated here.

const plain = /^[A-Za-z][A-Za-z0-9._/-]*$/
/** Words that YAML readers take for something else than a text. */
const special = /^(?:true|false|null|yes|no|on|off|y|n)$/i

export function yaml(value: unknown): string {
  return `${block(value, '').replace(/^\n/, '')}\n`
}

/** What follows a key or a dash: a scalar behind it, or lines below it. */
function block(value: unknown, indent: string): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return ' []'
    return value.map((item) => `\n${indent}- ${listItem(item, indent)}`).join('')
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
    if (entries.length === 0) return ' {}'
    return entries
      .map(([key, field]) => `\n${indent}${scalar(key)}:${block(field, `${indent}  `)}`)
      .join('')
  }
  return ` ${scalar(value)}`
}

function listItem(value: unknown, indent: string): string {
  return block(value, `${indent}  `).trimStart()
}

function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  return plain.test(value) && !special.test(value) ? value : JSON.stringify(value)
}
