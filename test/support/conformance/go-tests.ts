// Runs tests of a Go module by `go test -json` and returns what became of each.

import { run } from './processes.ts'
import { goModuleDir } from './target.ts'

export interface GoTestResults {
  passed: string[]
  failed: string[]
  skipped: string[]
  /** What the failed tests and the build wrote. */
  failureText: string
}

export interface GoTestOptions {
  packageName: string
  pattern: string
  env: Record<string, string>
  timeoutMs: number
}

interface GoTestEvent {
  Action: string
  Test?: string
  Output?: string
}

export async function goTest(options: GoTestOptions): Promise<GoTestResults> {
  const { packageName, pattern, env, timeoutMs } = options
  const args = [
    'test',
    '-json',
    '-count=1',
    `-timeout=${timeoutMs}ms`,
    '-run',
    pattern,
    packageName,
  ]
  const done = await run('go', args, {
    cwd: goModuleDir,
    env,
    // `go test` itself reports which test hung; the longer limit only catches a hanging build.
    timeoutMs: timeoutMs + 120_000,
    allowFailure: true,
  })
  const results: GoTestResults = { passed: [], failed: [], skipped: [], failureText: '' }
  const output = new Map<string, string>()
  for (const line of done.stdout.toString().split('\n')) {
    if (!line.startsWith('{')) continue
    const { Action, Test, Output } = JSON.parse(line) as GoTestEvent
    const name = Test ?? 'the package'
    if (Action === 'output') output.set(name, `${output.get(name) ?? ''}${Output ?? ''}`)
    if (Action === 'pass' && Test !== undefined) results.passed.push(Test)
    if (Action === 'skip' && Test !== undefined) results.skipped.push(Test)
    if (Action === 'fail') results.failed.push(name)
  }
  results.failureText = results.failed.map((name) => output.get(name) ?? '').join('')
  if (done.code !== 0 && results.failed.length === 0) {
    results.failed.push('the build')
    results.failureText = done.text
  }
  return results
}
