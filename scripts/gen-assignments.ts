// Writes test/vectors/assignments-<version>.jsonl.br and task-assignments-<version>.jsonl.br: what
// Kafka's own assignors make of random groups, by GenerateAssignments.java and
// GenerateTaskAssignments.java against the jars in .cache/kafka/libs (npm run setup:java). The same
// jars give the same lines.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(here)
const libs = join(root, '.cache/kafka/libs/*')
const programs = {
  GenerateAssignments: 'assignments-4.3.1.jsonl.br',
  GenerateTaskAssignments: 'task-assignments-4.3.1.jsonl.br',
}

function run(command: string, args: readonly string[]): Buffer {
  const done = spawnSync(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  })
  if (done.status !== 0) throw new Error(`${command} ended with ${done.status}`)
  return done.stdout
}

const classes = mkdtempSync(join(tmpdir(), 'samsa-assignments-'))
try {
  for (const [program, name] of Object.entries(programs)) {
    run('javac', ['-d', classes, '-cp', libs, join(here, `vectors/${program}.java`)])
    const packed = brotliCompressSync(run('java', ['-cp', `${classes}:${libs}`, program]))
    const file = join(root, 'test/vectors', name)
    writeFileSync(file, packed)
    console.log(`gen:assignments: ${packed.length} bytes in ${file}`)
  }
} finally {
  rmSync(classes, { recursive: true })
}
