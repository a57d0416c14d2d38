// The base of the indexes against a plain array: any mix of appends, writes, cuts and reloads gives
// the same answers.

import { IndexFile } from '@samsa/broker/log/index/index-file'
import { IndexPages } from '@samsa/broker/log/index/index-pages'
import { LogFile, OpenFiles } from '@samsa/broker/log/open-files'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { MemoryDisk } from '../../../../support/disk/memory-disk.ts'

const entryBytes = 8
const key = (buffer: Buffer, at: number): number => buffer.readInt32BE(at)

type Step =
  | { readonly kind: 'append'; readonly count: number; readonly gap: number }
  | { readonly kind: 'writeFullPages' | 'writeAll' | 'freezeAndThaw' | 'reload' }
  | { readonly kind: 'truncate'; readonly keep: number }
  | { readonly kind: 'look'; readonly at: number }

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('append' as const),
      count: fc.integer({ min: 1, max: 700 }),
      gap: fc.integer({ min: 1, max: 5 }),
    }),
    fc.record({ kind: fc.constantFrom('writeFullPages', 'writeAll', 'freezeAndThaw', 'reload') }),
    fc.record({
      kind: fc.constant('truncate' as const),
      keep: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    fc.record({
      kind: fc.constant('look' as const),
      at: fc.double({ min: -0.1, max: 1.1, noNaN: true }),
    }),
  ),
  { maxLength: 25, size: 'max' },
)

class Subject {
  readonly #files = new OpenFiles(new MemoryDisk(), 10)
  readonly #pages = new IndexPages(3)
  readonly model: number[] = []
  index = this.#open()

  #open(): IndexFile {
    return new IndexFile(new LogFile(this.#files, '/entries.index'), this.#pages, entryBytes)
  }

  append(count: number, gap: number): void {
    for (let index = 0; index < count; index++) {
      const value = (this.model.at(-1) ?? 0) + gap
      const slot = this.index.append()
      slot.buffer.writeInt32BE(value, slot.at)
      slot.buffer.writeInt32BE(value * 2, slot.at + 4)
      this.model.push(value)
    }
  }

  async reload(): Promise<void> {
    await this.index.freeze()
    await this.index.file.close()
    this.index = this.#open()
    await this.index.load()
    await this.index.thaw()
  }

  async truncate(keep: number): Promise<void> {
    const count = Math.floor(this.model.length * keep)
    await this.index.truncate(count)
    this.model.length = count
  }

  async check(target: number): Promise<void> {
    expect(this.index.count).toBe(this.model.length)
    const expected = this.model.findLastIndex((value) => value <= target)
    const found = await this.index.floor(target, key)
    expect(found?.entry ?? -1).toBe(expected)
    if (found !== null)
      expect(found.buffer.readInt32BE(found.at + 4)).toBe((this.model[expected] ?? 0) * 2)
  }
}

async function run(subject: Subject, step: Step): Promise<void> {
  const { index, model } = subject
  const last = model.at(-1) ?? 0
  switch (step.kind) {
    case 'append':
      return subject.append(step.count, step.gap)
    case 'writeFullPages':
      return index.writeFullPages()
    case 'writeAll':
      return index.writeAll()
    case 'freezeAndThaw':
      await index.freeze()
      return index.thaw()
    case 'reload':
      return subject.reload()
    case 'truncate':
      return subject.truncate(step.keep)
    case 'look':
      return subject.check(Math.round(last * step.at))
  }
}

it('answers as a sorted array does', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const subject = new Subject()
      for (const step of all) await run(subject, step)
      const last = subject.model.at(-1) ?? 0
      for (const part of [-1, 0, 0.3, 0.5, 0.9, 1, 2]) await subject.check(Math.round(last * part))
    }),
    { numRuns: 150 },
  )
})

it('holds no more in memory than its tail once pages are written', async () => {
  const subject = new Subject()
  let longest = 0
  for (let round = 0; round < 50; round++) {
    subject.append(300, 1)
    if (subject.index.tailIsLong) await subject.index.writeFullPages()
    longest = Math.max(longest, subject.index.tailBytes)
  }
  expect(longest).toBeLessThanOrEqual(2 * 8192)
})
