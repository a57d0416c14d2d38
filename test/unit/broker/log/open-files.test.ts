// Descriptors: opened on use, shared, bounded, and closed only when nobody uses them.

import { LogFile, OpenFiles } from '@samsa/broker/log/open-files'
import { expect, it } from 'vitest'
import { MemoryDisk } from '../../../support/disk/memory-disk.ts'

function filesOf(
  count: number,
  max: number,
): { disk: MemoryDisk; open: OpenFiles; files: LogFile[] } {
  const disk = new MemoryDisk()
  const open = new OpenFiles(disk, max)
  const files = Array.from({ length: count }, (_, index) => new LogFile(open, `/file-${index}`))
  return { disk, open, files }
}

const touch = (file: LogFile) => file.useOrMake((open) => open.write([Buffer.from('x')], 0))

it('no more than the bound are open, however many are used', async () => {
  const { disk, open, files } = filesOf(20, 5)
  for (const file of files) await touch(file)
  expect(open.count).toBe(5)
  expect(disk.openFiles).toBe(5)
  for (const file of files) await touch(file)
  expect(disk.openFiles).toBe(5)
})

it('the ones longest unused are closed first', async () => {
  const { disk, files } = filesOf(4, 3)
  const opened: string[] = []
  disk.onOperation = ({ kind, path }) => {
    if (kind === 'open') opened.push(path)
    return undefined
  }
  const [a, b, c, d] = files as [LogFile, LogFile, LogFile, LogFile]
  for (const file of [a, b, c, a, d, a, c, b]) await touch(file)
  expect(opened).toEqual(['/file-0', '/file-1', '/file-2', '/file-3', '/file-1'])
})

it('one in use is never closed for another', async () => {
  const { disk, files } = filesOf(3, 1)
  const [a, b, c] = files as [LogFile, LogFile, LogFile]
  await a.useOrMake(async (open) => {
    await touch(b)
    await touch(c)
    expect(disk.openFiles).toBe(2)
    await open.write([Buffer.from('still open')], 0)
  })
})

it('two who use it at once share one descriptor', async () => {
  const { disk, files } = filesOf(1, 5)
  const [file] = files as [LogFile]
  await Promise.all([touch(file), touch(file), touch(file)])
  expect(disk.openFiles).toBe(1)
})

it('close waits for those who use it, and the next use opens it again', async () => {
  const { disk, files } = filesOf(1, 5)
  const [file] = files as [LogFile]
  let letGo = (): void => undefined
  const using = file.useOrMake(
    () =>
      new Promise<void>((resolve) => {
        letGo = resolve
      }),
  )
  while (!file.inUse || disk.openFiles === 0) await new Promise((resolve) => setImmediate(resolve))
  let isClosed = false
  const closing = file.close().then(() => {
    isClosed = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(isClosed).toBe(false)
  letGo()
  await Promise.all([using, closing])
  expect(disk.openFiles).toBe(0)
  await touch(file)
  expect(disk.openFiles).toBe(1)
})

it('a failed open is tried again by the next use', async () => {
  const { disk, files } = filesOf(1, 5)
  const [file] = files as [LogFile]
  disk.onOperation = ({ kind }) => (kind === 'open' ? { kind: 'error', code: 'EMFILE' } : undefined)
  await expect(touch(file)).rejects.toThrow('EMFILE')
  disk.onOperation = () => undefined
  await touch(file)
})

it('a removed file is not made again by a late reader', async () => {
  const { disk, files } = filesOf(1, 5)
  const [file] = files as [LogFile]
  await touch(file)
  await file.remove()
  await expect(touch(file)).rejects.toMatchObject({ kafkaError: 'KAFKA_STORAGE_ERROR' })
  expect(disk.files()).toEqual([])
})

it('a reader finds no file where there is none, and a writer makes it, also at once', async () => {
  const { disk, files } = filesOf(1, 5)
  const [file] = files as [LogFile]
  const reading = file.use((open) => open.read(Buffer.alloc(1), 0, 1, 0))
  const writing = touch(file)
  await expect(reading).rejects.toThrow('ENOENT')
  await writing
  expect(await file.use((open) => open.read(Buffer.alloc(1), 0, 1, 0))).toBe(1)
  expect(disk.openFiles).toBe(1)
})
