// Takes out of an object of Kubernetes what is nobody else's business. Pure.

const hidden = '(hidden)'
const secretName = /password|passwd|secret|token|credential|api-?key|private/i

export function redacted(value: unknown): unknown {
  return hide(value)
}

function hide(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hide)
  if (typeof value !== 'object' || value === null) return value
  const given = value as Record<string, unknown>
  const isSecret = given['kind'] === 'Secret'
  const shown: Record<string, unknown> = {}
  for (const [name, inner] of Object.entries(given)) {
    if (name === 'managedFields' || isLastApplied(name)) continue
    if (isSecret && (name === 'data' || name === 'stringData')) shown[name] = keysOnly(inner)
    else if (name === 'value' && secretName.test(String(given['name']))) shown[name] = hidden
    else if (typeof inner === 'string' && secretName.test(name) && !isReference(name)) {
      shown[name] = hidden
    } else shown[name] = hide(inner)
  }
  return shown
}

/** Holds the object once more, as it was applied. */
const isLastApplied = (name: string) => name === 'kubectl.kubernetes.io/last-applied-configuration'

/** Names of Secrets are needed to understand what is wrong. */
const isReference = (name: string) => name === 'secretName' || name === 'secret'

function keysOnly(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data
  return Object.fromEntries(Object.keys(data).map((key) => [key, hidden]))
}
