// What a checker throws: something that must always hold does not.

export class Violation extends Error {
  override readonly name = 'Violation'
}

/** The number is that of the invariant in the list that the project's tests go by. */
export function violated(invariant: number, what: string): never {
  throw new Violation(`invariant ${invariant}: ${what}`)
}
