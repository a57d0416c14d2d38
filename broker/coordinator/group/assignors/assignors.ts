// The assignors that a member may ask for, by name.

import type { Assignor } from './assignor.ts'
import { rangeAssignor } from './range.ts'
import { uniformAssignor } from './uniform.ts'

export const assignors: ReadonlyMap<string, Assignor> = new Map([
  ['uniform', uniformAssignor],
  ['range', rangeAssignor],
])
