// Options that the commands share which move partitions.

import { flag, type OptionTable, size } from '../command/options.ts'

export const executeOptions = {
  execute: flag('Carry the plan out, and wait until it is done.'),
  yes: flag('The same as --execute.'),
} satisfies OptionTable

export const moveOptions = {
  ...executeOptions,
  throttle: size('SIZE', 'Copy at most this much a second to and from a broker, as 50MB.'),
  noWait: flag('With --execute: do not wait for the moves.'),
} satisfies OptionTable

export const executeHint = 'this is only a plan: --execute carries it out'
