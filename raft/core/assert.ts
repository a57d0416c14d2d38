// Checks of what must hold whatever comes in. They stay on in production: a broken one is a bug,
// and going on would spread it to the other voters.

export class BrokenInvariantError extends Error {
  override readonly name = 'BrokenInvariantError'
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new BrokenInvariantError(`broken invariant: ${message}`)
}

export function assertNever(value: never): never {
  throw new BrokenInvariantError(`broken invariant: ${JSON.stringify(value)} is no known case`)
}

/** The value, which must be there. */
export function known<T>(value: T | undefined | null, what: string): T {
  assert(value !== undefined && value !== null, `there is ${what}`)
  return value
}
