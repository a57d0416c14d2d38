// The sum that CI ends with: it must count what failed without a failed test, and set the exit
// code.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'

let reports: string

beforeAll(() => {
  reports = mkdtempSync(join(tmpdir(), 'reports-'))
})
afterAll(() => rmSync(reports, { recursive: true, force: true }))

function report(step: string, files: { name: string; status: string; tests: string[] }[]): void {
  const testResults = files.map(({ name, status, tests }) => ({
    name,
    status,
    assertionResults: tests.map((test) => ({ status: test, fullName: `a ${test} test` })),
  }))
  const tests = files.flatMap((file) => file.tests)
  const numPassedTests = tests.filter((test) => test === 'passed').length
  writeFileSync(join(reports, `${step}.json`), JSON.stringify({ numPassedTests, testResults }))
}

function total(...failedSteps: string[]): { lastLine: string | undefined; code: number | null } {
  const script = join(import.meta.dirname, '../../../scripts/total-reports.ts')
  const done = spawnSync(process.execPath, [script, reports, ...failedSteps], { encoding: 'utf8' })
  return { lastLine: done.stdout.trimEnd().split('\n').at(-1), code: done.status }
}

it('adds up the reports, and counts each failed step that no failed test explains', () => {
  report('unit', [{ name: 'a.test.ts', status: 'passed', tests: ['passed', 'passed'] }])
  expect(total()).toEqual({ lastLine: '2 passed, 0 failed', code: 0 })
  expect(total('check', 'unit')).toEqual({ lastLine: '2 passed, 2 failed', code: 1 })
  report('go', [
    { name: 'b.test.ts', status: 'failed', tests: ['passed', 'failed'] },
    { name: 'hooks-failed.test.ts', status: 'failed', tests: ['skipped'] },
  ])
  expect(total('go')).toEqual({ lastLine: '3 passed, 2 failed', code: 1 })
})
