// Runs a command of node_modules in a sandbox where it may break networks and disks, or as it is
// where none is possible: `node scripts/in-sandbox.ts vitest run ...`.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  isInSandbox,
  isSandboxSettled,
  runInSandbox,
  settleInSandbox,
} from '../test/support/chaos/sandbox.ts'
import { exitOf, start } from '../test/support/conformance/processes.ts'

const [command = '', ...args] = process.argv.slice(2)

async function runHere(): Promise<number> {
  const program = fileURLToPath(new URL(join('../node_modules/.bin', command), import.meta.url))
  const child = start(program, args)
  child.stdout?.pipe(process.stdout)
  child.stderr?.pipe(process.stderr)
  child.stdin?.end()
  return (await exitOf(child)).code ?? 1
}

if (isInSandbox()) settleInSandbox()
process.exitCode = isSandboxSettled()
  ? await runHere()
  : await runInSandbox(process.execPath, process.argv.slice(1))
