// `npm start` as a user runs it: npm and a shell stand between the signal and the node.

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SamsaProcess } from '../../support/cli/samsa-process.ts'
import { freePort } from '../../support/conformance/ports.ts'

let dataDir = ''
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'samsa-start-'))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

describe('npm start', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('passes %s on and ends with 0', async (signal) => {
    const port = String(await freePort([10_000, 20_000]))
    const args = ['start', '--', '--port', port, '--data-dir', dataDir]
    const start = new SamsaProcess('npm', ...args)
    await start.ready()
    expect(await start.stop(signal)).toBe(0)
    expect(start.stderr).toContain('"msg":"stopped"')
    expect(existsSync(join(dataDir, 'node-1/pid'))).toBe(false)
  })
})
