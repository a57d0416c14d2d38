// The lock of a directory: one holder on this machine, freed with the process that has it.

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DirectoryLockedError, lockDirectory } from '@samsa/broker/disk/directory-lock'
import { afterEach, beforeEach, expect, it } from 'vitest'

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'samsa-lock-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

it('has one holder at a time, whatever name the directory is given', async () => {
  const unlock = await lockDirectory(folder)
  await expect(lockDirectory(join(folder, '.'))).rejects.toBeInstanceOf(DirectoryLockedError)
  const other = await mkdtemp(join(tmpdir(), 'samsa-lock-'))
  await (await lockDirectory(other))()
  await rm(other, { recursive: true })
  await unlock()
  await (await lockDirectory(folder))()
})

it('is freed by kill -9 of the process that has it', async () => {
  const module = new URL('../../../../broker/disk/directory-lock.ts', import.meta.url).href
  const code = `
    const { lockDirectory } = await import(${JSON.stringify(module)})
    await lockDirectory(${JSON.stringify(folder)})
    console.log('locked')
    setInterval(() => undefined, 1000)
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  for await (const line of createInterface({ input: child.stdout })) {
    expect(line).toBe('locked')
    await expect(lockDirectory(folder)).rejects.toBeInstanceOf(DirectoryLockedError)
    child.kill('SIGKILL')
  }
  await exited
  await (await lockDirectory(folder))()
})
