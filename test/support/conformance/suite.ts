// Declares a conformance suite that needs tools from outside npm. Where a tool is missing the suite
// says loudly that it skips; in CI it fails instead, so that nothing is left out unseen.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { beforeAll, describe } from 'vitest'
import { javaIsSetUp } from './java.ts'
import { streamsIsSetUp } from './streams-app.ts'
import { grpcurlPath, isCi, pythonPath, targetKind } from './target.ts'

export type Tool = 'kcat' | 'python' | 'java' | 'streams' | 'go' | 'grpcurl' | 'apt-cache'

const toolChecks: Record<Tool, { isThere: () => boolean; howToGet: string }> = {
  kcat: { isThere: () => runs('kcat', ['-V']), howToGet: 'npm run setup:clients' },
  python: { isThere: () => existsSync(pythonPath), howToGet: 'npm run setup:clients' },
  java: {
    isThere: () => javaIsSetUp() && runs('java', ['-version']),
    howToGet: 'install Java 17 and Maven, then npm run setup:java',
  },
  streams: { isThere: streamsIsSetUp, howToGet: 'npm run setup:java' },
  grpcurl: { isThere: () => runs(grpcurlPath, ['-version']), howToGet: 'npm run setup:clients' },
  go: { isThere: () => runs('go', ['version']), howToGet: 'install Go' },
  'apt-cache': {
    isThere: packageIndexIsThere,
    howToGet: 'run on Debian or Ubuntu after apt-get update',
  },
}

export function conformanceSuite(name: string, tools: readonly Tool[], body: () => void): void {
  const needed: Tool[] = targetKind() === 'kafka' ? [...tools, 'java'] : [...tools]
  const missing = needed.filter((tool) => !toolChecks[tool].isThere())
  if (missing.length === 0) {
    describe(name, body)
    return
  }
  const reasons = missing
    .map((tool) => `${tool} is missing (${toolChecks[tool].howToGet})`)
    .join(', ')
  if (!isCi()) {
    console.warn(`\n*** SKIPPED: ${name}: ${reasons} ***\n`)
    describe.skip(`${name} [${reasons}]`, body)
    return
  }
  describe(name, () => {
    beforeAll(() => {
      throw new Error(`CI may not skip this suite: ${reasons}`)
    })
    body()
  })
}

function runs(command: string, args: readonly string[]): boolean {
  return spawnSync(command, [...args], { stdio: 'ignore' }).status === 0
}

function packageIndexIsThere(): boolean {
  const stats = spawnSync('apt-cache', ['stats'], { encoding: 'utf8' })
  // Without package lists the index holds the installed packages alone, if any.
  return /Normal packages: [1-9]\d{4}/.test(stats.stdout ?? '')
}
