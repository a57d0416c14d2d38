// Every scenario gives the trace that its file holds. After a change that is meant, `npx vitest run
// --project unit test/scenario -u` writes the traces anew, and the difference is for a reviewer to
// read.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { replay } from './script.ts'

const directory = import.meta.dirname
const files = readdirSync(directory).filter((name) => name.endsWith('.txt'))

describe('raft scenarios', () => {
  it.each(files)('%s', async (name) => {
    const path = join(directory, name)
    await expect(replay(readFileSync(path, 'utf8'))).toMatchFileSnapshot(path)
  })

  it('finds scenarios', () => {
    expect(files.length).toBeGreaterThan(0)
  })
})
