// Checks of what must hold whatever a client or a disk does. They stay on in production: a check that fails is a bug,
// and stopping is better than going on with a broken state.

export class AssertionFailed extends Error {
  override readonly name = 'AssertionFailed'
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailed(message)
}

/** Ends a switch over a union: does not compile while a case is missing. */
export function assertNever(value: never): never {
  throw new AssertionFailed(`unknown case: ${JSON.stringify(value)}`)
}
