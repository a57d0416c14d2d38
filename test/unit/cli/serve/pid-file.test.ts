// The pid file: whose it is, and when it keeps a node from starting.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removePidFile, runningNode, writePidFile } from '@samsa/cli/serve/pid-file'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let dir = ''
let file = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'samsa-pid-'))
  file = join(dir, 'pid')
})
afterEach(() => rmSync(dir, { recursive: true }))

describe('pid file', () => {
  it('holds the id of this process and goes with it', () => {
    writePidFile(file)
    expect(readFileSync(file, 'utf8')).toBe(`${process.pid}\n`)
    removePidFile(file)
    expect(existsSync(file)).toBe(false)
  })

  it("is left alone when it is another's by now", () => {
    writeFileSync(file, '1234567\n')
    removePidFile(file)
    expect(existsSync(file)).toBe(true)
  })

  it.each(['', 'x', '1', '-5', '999999999'])(
    'holding %j keeps no node from starting',
    (content) => {
      writeFileSync(file, content)
      expect(runningNode(file)).toBeUndefined()
    },
  )

  it('does not take a stranger of the same id for a node', () => {
    // The parent of this process is alive, and no node.
    writeFileSync(file, `${process.ppid}\n`)
    const command = readFileSync(`/proc/${process.ppid}/cmdline`, 'utf8')
    const isStranger = !/samsa|cli\/main/.test(command)
    expect(runningNode(file)).toBe(isStranger ? undefined : process.ppid)
  })
})
