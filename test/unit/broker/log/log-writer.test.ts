// The queue between appends and the disk: what goes down together, in what order it is published,
// what a failure takes.

import { IndexPages } from '@samsa/broker/log/index/index-pages'
import { LogWriter, type WriteCycle, type WriteHost, WriteTurn } from '@samsa/broker/log/log-writer'
import { OpenFiles } from '@samsa/broker/log/open-files'
import { Segment } from '@samsa/broker/log/segment'
import { describe, expect, it } from 'vitest'
import { MemoryDisk } from '../../../support/disk/memory-disk.ts'

class Host implements WriteHost {
  readonly steps: string[] = []
  syncs: (() => Promise<void>) | null = null

  beforeWrite(): undefined {
    return undefined
  }

  beforePublish(cycle: WriteCycle): Promise<void> | undefined {
    return this.syncs === null
      ? undefined
      : this.syncs().then(() => {
          this.steps.push(`synced ${cycle.endOffset}`)
        })
  }

  publish(cycle: WriteCycle): void {
    this.steps.push(`published ${cycle.endOffset} (${cycle.bytes} bytes, ${cycle.records} records)`)
  }

  async fail(error: unknown): Promise<never> {
    this.steps.push('failed')
    throw new Error('refused', { cause: error })
  }
}

function open() {
  const disk = new MemoryDisk()
  const context = { files: new OpenFiles(disk, 10), pages: new IndexPages() }
  const segment = (base: number) => new Segment(context, '/', base, { createdMs: 0, jitterMs: 0 })
  const host = new Host()
  const turn = new WriteTurn()
  const writer = new LogWriter(host, turn)
  let position = 0
  let end = 0
  const add = (to: Segment, text: string, at = position) => {
    position = at + text.length
    return writer.add(to, at, Buffer.from(text), 1, ++end)
  }
  return { disk, segment, host, turn, writer, add }
}

describe('a writer', () => {
  it('puts what one turn brings into one write', async () => {
    const { disk, segment, host, add } = open()
    const first = segment(0)
    const promises = [add(first, 'one '), add(first, 'two '), add(first, 'three')]
    expect(new Set(promises).size).toBe(1)
    await promises[0]
    expect(host.steps).toEqual(['published 3 (13 bytes, 3 records)'])
    expect(disk.inode('/00000000000000000000.log').bytes().toString()).toBe('one two three')
    expect(first.writtenBytes).toBe(13)
  })

  it('writes segment after segment, in order', async () => {
    const { disk, segment, host, add } = open()
    const [first, second] = [segment(0), segment(2)]
    const promises = [add(first, 'a'), add(first, 'b'), add(second, 'c', 0), add(second, 'd')]
    expect(new Set(promises).size).toBe(2)
    await Promise.all(promises)
    expect(host.steps).toEqual([
      'published 2 (2 bytes, 2 records)',
      'published 4 (2 bytes, 2 records)',
    ])
    expect(disk.inode('/00000000000000000002.log').bytes().toString()).toBe('cd')
  })

  it('publishes only after the sync that was asked for', async () => {
    const { segment, host, add } = open()
    host.syncs = () => new Promise((resolve) => setImmediate(resolve))
    await add(segment(0), 'a')
    expect(host.steps).toEqual(['synced 1', 'published 1 (1 bytes, 1 records)'])
  })

  it('counts what waits', async () => {
    const { segment, turn, writer, add } = open()
    const written = add(segment(0), 'four')
    expect([writer.pendingBytes, turn.pendingBytes]).toEqual([4, 4])
    await written
    expect([writer.pendingBytes, turn.pendingBytes]).toEqual([0, 0])
  })

  it('does not let one write grow without bounds', async () => {
    const { disk, segment, host, writer } = open()
    const first = segment(0)
    const size = 3 * 1024 * 1024
    const written = Array.from({ length: 5 }, (_, index) =>
      writer.add(first, index * size, Buffer.alloc(size, index), 1, index + 1),
    )
    await Promise.all(written)
    expect(host.steps.length).toBe(3)
    const content = disk.inode('/00000000000000000000.log').bytes()
    expect(content.length).toBe(5 * size)
    for (let index = 0; index < 5; index++) expect(content[index * size + 17]).toBe(index)
  })

  it('takes appends while it publishes', async () => {
    const { segment, host, add } = open()
    const first = segment(0)
    let later: Promise<void> | undefined
    host.publish = (cycle) => {
      host.steps.push(`published ${cycle.endOffset}`)
      later ??= add(first, 'b')
    }
    await add(first, 'a')
    await later
    expect(host.steps).toEqual(['published 1', 'published 2'])
  })

  it('fails everything that is queued with what the host says, and works on afterwards', async () => {
    const { disk, segment, host, writer, add } = open()
    const [first, second] = [segment(0), segment(1)]
    disk.onOperation = ({ kind }) => (kind === 'write' ? { kind: 'error', code: 'EIO' } : undefined)
    const outcomes = await Promise.allSettled([add(first, 'a'), add(second, 'b', 0)])
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected'])
    expect(outcomes[0]).toMatchObject({ reason: { message: 'refused', cause: { code: 'EIO' } } })
    expect(host.steps).toEqual(['failed'])
    expect(writer.pendingBytes).toBe(0)
    disk.onOperation = () => undefined
    await add(first, 'c', 0)
    expect(host.steps.at(-1)).toBe('published 3 (1 bytes, 1 records)')
  })

  it('is idle when everything queued so far is written, or refused', async () => {
    const { disk, segment, host, writer, add } = open()
    await writer.idle()
    void add(segment(0), 'a')
    await writer.idle()
    expect(host.steps.length).toBe(1)
    disk.onOperation = () => ({ kind: 'error', code: 'EIO' })
    void add(segment(1), 'b')
    await writer.idle()
    expect(host.steps.at(-1)).toBe('failed')
  })
})
