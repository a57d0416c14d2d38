// The metadata log's files on a real disk.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NodeMetadataStorage } from '@samsa/controller/storage-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { localLog } from '../../support/controller/controllers.ts'

let parent: string
let directory: string
let storage: NodeMetadataStorage
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'samsa-storage-'))
  directory = join(parent, 'deep', '__cluster_metadata-0')
  storage = new NodeMetadataStorage(directory)
})
afterEach(() => rmSync(parent, { recursive: true, force: true }))

const read = (name: string) => readFileSync(join(directory, name), 'latin1')

describe('NodeMetadataStorage', () => {
  it('makes its directory, and knows its files', async () => {
    expect(await storage.list()).toEqual([])
    await (await storage.create('a')).close()
    await storage.rename('a', 'b')
    await storage.syncDirectory()
    expect(await storage.list()).toEqual(['b'])
    await storage.remove('b')
    await storage.remove('was-never-there')
    expect(await storage.list()).toEqual([])
  })

  it('writes chunks in order, more of them than one system call takes', async () => {
    await storage.list()
    const file = await storage.create('many')
    const chunks = Array.from({ length: 3000 }, (_, index) => Buffer.from(`${index},`))
    await file.write(chunks, 0)
    await file.write([Buffer.from('X')], 2)
    await file.sync()
    const expected = chunks.join('')
    expect(read('many')).toBe(`${expected.slice(0, 2)}X${expected.slice(3)}`)
    await file.truncate(4)
    expect(read('many')).toBe('0,X,')
    await file.close()
    expect((await storage.read('many')).toString()).toBe('0,X,')
  })

  it('keeps what a file has when it is opened, and empties one that is made anew', async () => {
    await storage.list()
    const made = await storage.create('f')
    await made.write([Buffer.from('abcdef')], 0)
    await made.close()
    const opened = await storage.open('f')
    await opened.write([Buffer.from('X')], 1)
    await opened.close()
    expect(read('f')).toBe('aXcdef')
    await (await storage.create('f')).close()
    expect(read('f')).toBe('')
  })

  it('holds a log of thousands of appends at once', async () => {
    const texts: string[] = []
    const listener = {
      onSnapshot: () => undefined,
      onCommit: ({ records }: { records: readonly Buffer[] }) => {
        texts.push(...records.map(String))
      },
      onLeaderChange: () => undefined,
      onFault: (error: Error) => {
        throw error
      },
    }
    const log = localLog(storage)
    await log.start(listener)
    const appends = Array.from({ length: 5000 }, (_, index) =>
      log.append(1, [Buffer.from(`r${index}`)]),
    )
    expect((await Promise.all(appends)).at(-1)).toBe(4999)
    await log.close()
    const before = texts.splice(0)
    const again = localLog(storage)
    await again.start(listener)
    await again.close()
    expect(texts).toEqual(before)
    expect(texts).toHaveLength(5000)
  })
})
