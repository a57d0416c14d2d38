// Lets everything happen that follows from what has just happened: promises that are settled and
// what waits for them. Nothing in a simulation waits for the real world, so that one turn of the
// event loop does it, in an order that is always the same.

export function drain(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
