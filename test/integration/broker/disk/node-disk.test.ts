// The real disk against what the interface promises, in a folder of its own.

import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFileIfExists, replaceFile } from '@samsa/broker/disk/atomic-file'
import { isDiskFull, isNotFound, isSystemError } from '@samsa/broker/disk/disk-errors'
import { nodeDisk } from '@samsa/broker/disk/node-disk'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let folder = ''
const at = (name: string) => join(folder, name)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'samsa-disk-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

describe('a file', () => {
  it('is written at any position by many buffers, and read back', async () => {
    const file = await nodeDisk.open(at('f'), 'create')
    await file.write([Buffer.from('hello '), Buffer.from('world')], 0)
    await file.write([Buffer.from('W')], 6)
    await file.write([Buffer.from('!')], 20)
    const buffer = Buffer.alloc(30, 1)
    expect(await file.read(buffer, 2, 28, 0)).toBe(21)
    expect(buffer.subarray(2, 23)).toEqual(
      Buffer.concat([Buffer.from('hello World'), Buffer.alloc(9), Buffer.from('!')]),
    )
    expect(await file.read(buffer, 0, 10, 21)).toBe(0)
    await file.sync()
    await file.close()
  })

  it('takes more buffers at once than the kernel does', async () => {
    const file = await nodeDisk.open(at('f'), 'create')
    const buffers = Array.from({ length: 3000 }, (_, index) => Buffer.from(`${index},`))
    await file.write(buffers, 0)
    await file.close()
    expect((await readFile(at('f'))).equals(Buffer.concat(buffers))).toBe(true)
  })

  it('takes no buffers, and empty ones', async () => {
    const file = await nodeDisk.open(at('f'), 'create')
    await file.write([], 0)
    await file.write([Buffer.alloc(0)], 0)
    await file.write([Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(0)], 0)
    await file.close()
    expect((await nodeDisk.status(at('f')))?.sizeBytes).toBe(1)
  })

  it('is cut and grown', async () => {
    const file = await nodeDisk.open(at('f'), 'create')
    await file.write([Buffer.from('0123456789')], 0)
    await file.truncate(4)
    await file.truncate(6)
    await file.close()
    expect(await nodeDisk.readFile(at('f'))).toEqual(Buffer.from('0123\0\0'))
  })

  it('is only made where that is asked for', async () => {
    for (const mode of ['read', 'update'] as const) {
      await expect(nodeDisk.open(at('absent'), mode)).rejects.toSatisfy(isNotFound)
    }
    await (await nodeDisk.open(at('absent'), 'create')).close()
    const again = await nodeDisk.open(at('absent'), 'read')
    await expect(again.write([Buffer.from('x')], 0)).rejects.toSatisfy(isSystemError)
    await again.close()
  })

  it('tells a full disk from other errors', async () => {
    const full = await nodeDisk.open('/dev/full', 'update')
    await expect(full.write([Buffer.from('x')], 0)).rejects.toSatisfy(isDiskFull)
    await full.close()
    expect(isDiskFull(Object.assign(new Error('quota'), { code: 'EDQUOT' }))).toBe(true)
    expect(isDiskFull(Object.assign(new Error('broken'), { code: 'EIO' }))).toBe(false)
    expect(isSystemError(new RangeError('of ours'))).toBe(false)
    expect(isSystemError(Object.assign(new Error('of Node'), { code: 'ERR_OUT_OF_RANGE' }))).toBe(
      false,
    )
  })
})

describe('a folder', () => {
  it('is made with its parents, listed, synced, and removed with all it holds', async () => {
    await nodeDisk.makeDirectory(at('a/b/c'))
    await nodeDisk.makeDirectory(at('a/b/c'))
    await (await nodeDisk.open(at('a/b/f'), 'create')).close()
    expect((await nodeDisk.list(at('a/b'))).sort((x, y) => x.localeCompare(y))).toEqual(['c', 'f'])
    await nodeDisk.syncDirectory(at('a/b'))
    await nodeDisk.remove(at('a'))
    expect(await nodeDisk.status(at('a'))).toBeNull()
    await nodeDisk.remove(at('a'))
  })

  it('is renamed as a whole', async () => {
    await nodeDisk.makeDirectory(at('a'))
    await (await nodeDisk.open(at('a/f'), 'create')).close()
    await nodeDisk.rename(at('a'), at('b'))
    expect(await nodeDisk.list(at('b'))).toEqual(['f'])
    await expect(nodeDisk.rename(at('a'), at('c'))).rejects.toSatisfy(isNotFound)
  })
})

it('status tells kinds, and nothing where a link leads nowhere', async () => {
  await nodeDisk.makeDirectory(at('d'))
  await symlink(at('gone'), at('l'))
  expect((await nodeDisk.status(at('d')))?.kind).toBe('directory')
  expect(await nodeDisk.status(at('l'))).toBeNull()
  expect((await nodeDisk.status('/dev/null'))?.kind).toBe('other')
})

it('space is told in bytes', async () => {
  const { totalBytes, usableBytes } = await nodeDisk.space(folder)
  expect(usableBytes).toBeGreaterThan(0)
  expect(totalBytes).toBeGreaterThanOrEqual(usableBytes)
})

it('a file is replaced whole, whatever was left beside it', async () => {
  expect(await readFileIfExists(nodeDisk, at('f'))).toBeNull()
  await replaceFile(nodeDisk, at('f'), Buffer.from('old and long'), 'durable')
  const left = await nodeDisk.open(at('f.tmp'), 'create')
  await left.write([Buffer.from('left by a crash, and longer than what comes')], 0)
  await left.close()
  await replaceFile(nodeDisk, at('f'), Buffer.from('new'), 'rebuildable')
  expect((await readFileIfExists(nodeDisk, at('f')))?.toString()).toBe('new')
  expect(await nodeDisk.list(folder)).toEqual(['f'])
})
