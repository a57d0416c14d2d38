// Writes test/vectors/kafka-<version>.jsonl.br: compiles GenerateVectors.java against the jars in
// .cache/kafka/libs (npm run setup:java), runs it and compresses what it prints. The same jars give
// the same bytes, so a difference in git means that the protocol or the generator changed.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(here)
const libs = join(root, '.cache/kafka/libs')
const vectorsDir = join(root, 'test/vectors')
const outputBytesMax = 64 * 1024 * 1024

function run(command: string, args: readonly string[]): Buffer {
  const done = spawnSync(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: outputBytesMax,
  })
  if (done.error !== undefined) throw new Error(`cannot run ${command}`, { cause: done.error })
  if (done.status !== 0) throw new Error(`${command} ended with ${done.status}`)
  return done.stdout
}

function kafkaVersion(): string {
  const jar = readdirSync(libs).find((name) => /^kafka-clients-[\d.]+\.jar$/.test(name))
  if (jar === undefined) throw new Error(`no kafka-clients jar in ${libs}: npm run setup:java`)
  return jar.slice('kafka-clients-'.length, -'.jar'.length)
}

function main(): void {
  const version = kafkaVersion()
  const classes = mkdtempSync(join(tmpdir(), 'samsa-vectors-'))
  try {
    run('javac', ['-d', classes, '-cp', `${libs}/*`, join(here, 'vectors/GenerateVectors.java')])
    const lines = run('java', ['-cp', `${classes}:${libs}/*`, 'GenerateVectors'])
    const packed = brotliCompressSync(lines, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
        [constants.BROTLI_PARAM_SIZE_HINT]: lines.length,
      },
    })
    mkdirSync(vectorsDir, { recursive: true })
    const file = join(vectorsDir, `kafka-${version}.jsonl.br`)
    writeFileSync(file, packed)
    console.log(`gen:vectors: ${packed.length} bytes in ${file}`)
  } finally {
    rmSync(classes, { recursive: true })
  }
}

main()
