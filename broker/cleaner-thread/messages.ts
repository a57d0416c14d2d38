// What the main thread and the cleaner's thread say to each other: a job, the groups that are done,
// and the outcome. Plain data; the logs stay where they are.

import type { CleanedGroup, CleanJob, CleanResult } from '../log/cleaner/clean-job.ts'

export type ToCleanerThread =
  | { readonly type: 'clean'; readonly job: CleanJob; readonly seed: number }
  /** The answer to `swap`: whether to go on. */
  | { readonly type: 'swapped'; readonly goesOn: boolean }
  /** The job is void. */
  | { readonly type: 'abort' }

export type FromCleanerThread =
  | { readonly type: 'swap'; readonly group: CleanedGroup }
  | { readonly type: 'done'; readonly result: CleanResult | null }
  | { readonly type: 'failed'; readonly error: FailedClean }

/** An error as it crosses threads, where classes are lost. */
export interface FailedClean {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  /** What a system call says of its failure. */
  readonly code: string | undefined
}
