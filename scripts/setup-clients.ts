// Installs the foreign clients that the conformance suites drive and that npm does not bring: kcat
// (Debian's package), confluent-kafka and grpcio (a Python environment in .cache/venv), franz-go
// (test/go) and grpcurl (.cache/bin).
// Idempotent: leaves alone what is there. Nothing that ships needs any of it.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const venvDir = join(root, '.cache/venv')
const python = join(venvDir, 'bin/python')
const pythonPackages = ['confluent-kafka==2.16.1', 'grpcio==1.85.1', 'grpcio-tools==1.85.1']
const binDir = join(root, '.cache/bin')
const grpcurl = 'github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3'

function main(): void {
  setUpPackageIndex()
  setUpKcat()
  setUpPython()
  setUpGo()
  setUpGrpcurl()
}

/** The package index is the suites' real input: it is there once the package lists are. */
function setUpPackageIndex(): void {
  const stats = spawnSync('apt-cache', ['stats'], { encoding: 'utf8' })
  if (/Normal packages: [1-9]\d{4}/.test(stats.stdout ?? ''))
    return report('package index', 'there')
  must('apt-get', ['update', '--quiet'])
  report('package index', 'updated')
}

function setUpKcat(): void {
  if (works('kcat', ['-V'])) return report('kcat', 'there')
  if (!works('apt-get', ['install', '--yes', '--quiet', 'kcat'])) {
    // A machine whose lists are old or absent names packages that have gone from the mirror.
    must('apt-get', ['update', '--quiet'])
    must('apt-get', ['install', '--yes', '--quiet', 'kcat'])
  }
  report('kcat', 'installed')
}

function setUpPython(): void {
  if (!existsSync(python)) must('python3', ['-m', 'venv', venvDir])
  for (const wanted of pythonPackages) {
    const [name, version] = wanted.split('==')
    const shown = spawnSync(python, ['-m', 'pip', 'show', name ?? ''], { encoding: 'utf8' })
    if (shown.stdout.includes(`Version: ${version}\n`)) report(name ?? '', 'there')
    else {
      must(python, ['-m', 'pip', 'install', '--quiet', wanted])
      report(name ?? '', 'installed')
    }
  }
}

function setUpGo(): void {
  must('go', ['mod', 'download'], join(root, 'test/go'))
  report('franz-go', 'downloaded')
}

function setUpGrpcurl(): void {
  if (works(join(binDir, 'grpcurl'), ['-version'])) return report('grpcurl', 'there')
  must('go', ['install', grpcurl], root, { GOBIN: binDir })
  report('grpcurl', 'installed')
}

function works(command: string, args: readonly string[]): boolean {
  return spawnSync(command, [...args], { stdio: 'ignore' }).status === 0
}

function must(
  command: string,
  args: readonly string[],
  cwd = root,
  more: Readonly<Record<string, string>> = {},
): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', ...more }
  const done = spawnSync(command, [...args], { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] })
  if (done.status === 0) return
  const reason = done.error === undefined ? `ended with ${done.status}` : done.error.message
  console.error(`setup:clients: ${[command, ...args].join(' ')}: ${reason}`)
  process.exit(1)
}

function report(what: string, state: string): void {
  console.log(`setup:clients: ${what}: ${state}`)
}

main()
