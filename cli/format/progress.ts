// Tells a person on stderr how far long work has come: nothing in the first two seconds, then one
// line that overwrites itself on a terminal, or a line every ten seconds elsewhere.

import type { Io } from '../command/io.ts'
import { formatCount, formatDuration, formatSize } from '../units.ts'

const quietMs = 2_000
const terminalIntervalMs = 500
const logIntervalMs = 10_000

export interface Amount {
  readonly records: number
  readonly bytes: number
}

export class Progress {
  readonly #io: Io | undefined
  readonly #verb: string
  readonly #amount: () => Amount
  readonly #startMs = performance.now()
  readonly #timer: NodeJS.Timeout
  #lastShownMs = Number.NEGATIVE_INFINITY
  #lineIsOpen = false

  /**
   * `verb`: 'sent', 'read'. `amount` is asked whenever a line is due. Without an io it stays quiet.
   */
  constructor(io: Io | undefined, verb: string, amount: () => Amount) {
    this.#io = io
    this.#verb = verb
    this.#amount = amount
    this.#timer = setInterval(() => this.#tick(), terminalIntervalMs)
    this.#timer.unref()
  }

  /** What was done, in all, for the last line of a command. */
  summary(): string {
    return this.#line()
  }

  /** A line that stays, beside the one that overwrites itself. */
  say(line: string): void {
    this.#clear()
    this.#io?.stderr.write(`${line}\n`)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#clear()
  }

  #clear(): void {
    if (this.#lineIsOpen) this.#io?.stderr.write('\r\x1b[K')
    this.#lineIsOpen = false
  }

  #tick(): void {
    const io = this.#io
    const nowMs = performance.now()
    if (io === undefined || nowMs - this.#startMs < quietMs) return
    if (io.stderrIsTerminal) {
      this.#lineIsOpen = true
      io.stderr.write(`\r\x1b[K${this.#line()}`)
    } else if (nowMs - this.#lastShownMs >= logIntervalMs) {
      this.#lastShownMs = nowMs
      io.stderr.write(`${this.#line()}\n`)
    }
  }

  #line(): string {
    const { records, bytes } = this.#amount()
    const durationMs = performance.now() - this.#startMs
    const perSecond = durationMs === 0 ? 0 : Math.round((records * 1000) / durationMs)
    const done = `${this.#verb} ${formatCount(records)} records, ${formatSize(bytes)}`
    return `${done} in ${formatDuration(durationMs)} (${formatCount(perSecond)}/s)`
  }
}
