// What a fuzz target is: it makes inputs from a random source and lets the product have them. Each
// input has a seed of its own, so that one alone can be made again.

import type { Random } from '../../simulation/shared/random.ts'

export interface Target {
  readonly name: string
  /** Inputs of the short form, which is a part of `npm test`. */
  readonly shortRuns: number
  /** What one input may cost; see limits.ts for those that do not say. */
  readonly limits?: Partial<Limits>
  open(): Promise<OpenTarget>
}

export interface OpenTarget {
  make(random: Random): Buffer
  /** Throws what is no answer to hostile input: anything but the product's own typed refusal. */
  run(input: Buffer): void | Promise<void>
  close(): Promise<void>
}

export interface Limits {
  /** Processor time of the thread, of one input. */
  readonly cpuMsMax: number
  /** What is allocated, and what the process grows by, for one input. */
  readonly memoryBytesMax: number
}

/** Inputs have 1 MiB at most: a tenth of that memory for each of their bytes is not yet much. */
export const defaultLimits: Limits = { cpuMsMax: 250, memoryBytesMax: 128 * 1024 * 1024 }
export const inputBytesMax = 1024 * 1024

/** An input broke a promise of the product. */
export class BrokenPromiseError extends Error {
  override readonly name = 'BrokenPromiseError'
}

type Refusals = readonly (abstract new (...args: never[]) => Error)[]

/** Like mayRefuse, of what may take a while. */
export async function mayRefuseLater(
  refusals: Refusals,
  read: () => Promise<unknown>,
): Promise<void> {
  try {
    await read()
  } catch (error) {
    mayRefuse(refusals, () => {
      throw error
    })
  }
}

/** Runs what may refuse its input by one of the errors that are meant for that. */
export function mayRefuse(refusals: Refusals, read: () => unknown): void {
  try {
    read()
  } catch (error) {
    if (!refusals.some((refusal) => error instanceof refusal)) throw error
  }
}
