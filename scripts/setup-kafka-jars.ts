// Copies the jars that test/java/pom.xml names (Apache Kafka's broker, tools and clients) from Maven
// into .cache/kafka/libs. Idempotent: does nothing while the pom is the one it copied for.
// The bench and the conformance suites run these jars; nothing that ships does.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pom = join(root, 'test/java/pom.xml')
const kafkaDir = join(root, '.cache/kafka')
const libsDir = join(kafkaDir, 'libs')
const stampFile = join(kafkaDir, 'libs.sha256')

function main(): void {
  const wanted = createHash('sha256').update(readFileSync(pom)).digest('hex')
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) {
    console.log(`setup:java: ${libsDir} is up to date`)
    return
  }
  if (spawnSync('mvn', ['--version'], { stdio: 'ignore' }).status !== 0) {
    fail('mvn is not installed: it is needed to fetch the jars of Apache Kafka')
  }
  // The stamp goes first and comes back last, so that an interrupted copy is done again.
  rmSync(stampFile, { force: true })
  rmSync(libsDir, { recursive: true, force: true })
  mkdirSync(libsDir, { recursive: true })
  const copied = spawnSync(
    'mvn',
    [
      '--batch-mode',
      '--no-transfer-progress',
      '--quiet',
      `--file=${pom}`,
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${libsDir}`,
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  )
  if (copied.status !== 0) fail(`mvn dependency:copy-dependencies ended with ${copied.status}`)
  writeFileSync(stampFile, wanted)
  console.log(`setup:java: copied the jars into ${libsDir}`)
}

function fail(reason: string): never {
  console.error(`setup:java: ${reason}`)
  process.exit(1)
}

main()
