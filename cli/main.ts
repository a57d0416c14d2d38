#!/usr/bin/env node
// The `samsa` program: checks the version of Node, wires the process's streams and signals, runs
// one command and exits with its code. Everything past the check is imported after it, so that an
// old Node gets one clear line instead of a stack trace. Uses nothing that old Nodes cannot parse.

import { checkNode } from './node-version.ts'

const complaint = checkNode(process.versions.node)
if (complaint === undefined) {
  const { runProcess } = await import('./process.ts')
  await runProcess()
} else {
  process.stderr.write(`samsa: ${complaint}\n`)
  process.exitCode = 1
}
