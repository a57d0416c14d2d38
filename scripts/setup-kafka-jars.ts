// Copies the jars that test/java/pom.xml names (Apache Kafka's broker, tools, clients, Connect and
// MirrorMaker) from Maven into .cache/kafka/libs, and those of Kafka Streams into
// .cache/kafka/streams. Idempotent: does nothing while the poms are those it copied for. The bench
// and the conformance suites run these jars; nothing that ships does.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pom = join(root, 'test/java/pom.xml')
const kafkaDir = join(root, '.cache/kafka')
const libsDir = join(kafkaDir, 'libs')
const stampFile = join(kafkaDir, 'libs.sha256')
// The newest Java client, which must work as well as the one of the reference release. It is put
// before the jars of that release on the class path of its tools.
const newestClients = 'org.apache.kafka:kafka-clients:4.4.0'
const newestClientsDir = join(kafkaDir, 'newest-clients')
const streamsPom = join(root, 'test/java/streams/pom.xml')
const streamsDir = join(kafkaDir, 'streams')

function main(): void {
  setUpBroker()
  setUpStreams()
}

function setUpStreams(): void {
  const stamp = join(streamsDir, 'pom.sha256')
  const wanted = createHash('sha256').update(readFileSync(streamsPom)).digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime']
  // The clients are among the broker's jars.
  const only = '-DincludeArtifactIds=kafka-streams,rocksdbjni'
  copyJars(streamsDir, [`--file=${streamsPom}`, ...goal, only])
  writeFileSync(stamp, wanted)
  console.log(`setup:java: copied the jars of Kafka Streams into ${streamsDir}`)
}

function setUpBroker(): void {
  const wanted = createHash('sha256').update(readFileSync(pom)).update(newestClients).digest('hex')
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) {
    console.log(`setup:java: ${libsDir} is up to date`)
    return
  }
  if (spawnSync('mvn', ['--version'], { stdio: 'ignore' }).status !== 0) {
    fail('mvn is not installed: it is needed to fetch the jars of Apache Kafka')
  }
  // The stamp goes first and comes back last, so that an interrupted copy is done again.
  rmSync(stampFile, { force: true })
  copyJars(libsDir, [`--file=${pom}`, 'dependency:copy-dependencies', '-DincludeScope=runtime'])
  copyJars(newestClientsDir, ['dependency:copy', `-Dartifact=${newestClients}`])
  writeFileSync(stampFile, wanted)
  console.log(`setup:java: copied the jars into ${kafkaDir}`)
}

/** Beside the present jars first: whoever runs them just now keeps them to the last moment. */
function copyJars(directory: string, goal: readonly string[]): void {
  const made = `${directory}.new`
  rmSync(made, { recursive: true, force: true })
  mkdirSync(made, { recursive: true })
  const flags = ['--batch-mode', '--no-transfer-progress', '--quiet', '-Dstyle.color=never']
  const copied = spawnSync('mvn', [...flags, ...goal, `-DoutputDirectory=${made}`], {
    cwd: kafkaDir,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (copied.status !== 0) fail(`mvn ${goal.join(' ')} ended with ${copied.status}`)
  rmSync(directory, { recursive: true, force: true })
  renameSync(made, directory)
}

function fail(reason: string): never {
  console.error(`setup:java: ${reason}`)
  process.exit(1)
}

main()
