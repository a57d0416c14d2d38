// Checks of what must hold whatever comes in. They stay on in production: a broken one is a bug,
// and going on would spread it.

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${message}`)
}

export function assertNever(value: never): never {
  throw new Error(`broken invariant: ${JSON.stringify(value)} is none of the known cases`)
}
