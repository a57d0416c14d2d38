// One line on stderr that says how far work has come: it overwrites itself on a terminal, and
// elsewhere is written again every ten seconds if it has changed.

import type { Io } from '../command/io.ts'

const logIntervalMs = 10_000

export class StatusLine {
  readonly #io: Io
  #shown = ''
  #shownMs = Number.NEGATIVE_INFINITY

  constructor(io: Io) {
    this.#io = io
  }

  show(text: string): void {
    if (text === this.#shown) return
    if (this.#io.stderrIsTerminal) {
      this.#io.stderr.write(`\r\x1b[K${text}`)
    } else {
      const nowMs = performance.now()
      if (nowMs - this.#shownMs < logIntervalMs) return
      this.#shownMs = nowMs
      this.#io.stderr.write(`${text}\n`)
    }
    this.#shown = text
  }

  close(): void {
    if (this.#io.stderrIsTerminal && this.#shown !== '') this.#io.stderr.write('\r\x1b[K')
    this.#shown = ''
  }
}
