// kill -9 of a real process that appends, again and again on one log: whatever it had acknowledged
// is there, once, in order, and the log goes on.

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { nodeDisk } from '@samsa/broker/disk/node-disk'
import { expect, it } from 'vitest'
import { openLog, openManager, RecordedEvents, readAll } from '../../../support/disk/log-fixture.ts'

const writer = fileURLToPath(new URL('log-writer-process.ts', import.meta.url))

interface Run {
  /** The log's end and the producer's last sequence at the start. */
  readonly opened: readonly [number, number]
  readonly lastAcknowledged: number
}

/** Lets a process append until it has acknowledged so often, and kills it there. */
async function runAndKill(
  folder: string,
  flushMessages: number,
  acknowledgements: number,
): Promise<Run> {
  const child = spawn(process.execPath, [writer, folder, String(flushMessages)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let opened: readonly [number, number] = [-1, -1]
  let lastAcknowledged = -1
  let count = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, first, second] = line.split(' ')
    if (word === 'opened') opened = [Number(first), Number(second)]
    if (word !== 'acknowledged') continue
    lastAcknowledged = Number(first)
    count++
    if (count === acknowledgements) child.kill('SIGKILL')
  }
  await exited
  return { opened, lastAcknowledged }
}

it.each([Number.MAX_SAFE_INTEGER, 1])(
  'flush.messages %s: nothing acknowledged is lost',
  async (flushMessages) => {
    const folder = await mkdtemp(join(tmpdir(), 'samsa-log-'))
    try {
      let promised = 0
      for (const acknowledgements of [1, 40, 7, 150]) {
        const run = await runAndKill(folder, flushMessages, acknowledgements)
        expect(run.opened[0]).toBeGreaterThanOrEqual(promised)
        // Sequences and offsets go together: nothing is there twice, nothing is missing.
        expect(run.opened[1]).toBe(run.opened[0] - 1)
        expect(run.lastAcknowledged).toBeGreaterThanOrEqual(run.opened[0])
        promised = run.lastAcknowledged + 1
      }
      const events = new RecordedEvents()
      const manager = await openManager(nodeDisk, {
        logDirs: [folder],
        clusterId: 'kill-nine',
        events,
      })
      const log = await openLog(manager)
      expect(log.logEndOffset).toBeGreaterThanOrEqual(promised)
      const found = await readAll(log)
      expect(found).toEqual(
        Array.from({ length: log.logEndOffset }, (_, offset) => [offset, `1/${offset}`]),
      )
      await manager.close()
    } finally {
      await rm(folder, { recursive: true })
    }
  },
  60_000,
)
