// Loaded into a node under test before anything else: its wall clock is off by as many milliseconds
// as a file says. Monotonic time is not touched, as with a real clock that is set.

import { readFileSync } from 'node:fs'

const file = process.env.CHAOS_CLOCK_FILE
const pollMs = 100
const realNow = Date.now
const RealDate = Date
let offsetMs = 0

globalThis.Date = class Date extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(realNow() + offsetMs)
    else super(...args)
  }
  static now() {
    return realNow() + offsetMs
  }
}

function read() {
  try {
    offsetMs = Number(readFileSync(file, 'utf8')) || 0
  } catch {
    offsetMs = 0
  }
}
if (file !== undefined) setInterval(read, pollMs).unref()
