// Adds up vitest's JSON reports for CI and prints the totals as the last line: `N passed, N
// failed`. Usage: total-reports.ts REPORT_DIR [FAILED_STEP]... A failed step without a failed test
// in its report (a type error, a suite that crashed) counts as one failure.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

interface Report {
  numPassedTests: number
  testResults: {
    name: string
    status: string
    assertionResults: { status: string; fullName: string }[]
  }[]
}

function main(): void {
  const [reportDir = '', ...failedSteps] = process.argv.slice(2)
  const files = existsSync(reportDir) ? readdirSync(reportDir) : []
  const unexplained = new Set(failedSteps)
  let passed = 0
  let failed = 0
  for (const file of files.filter((name) => name.endsWith('.json')).sort()) {
    const step = basename(file, '.json')
    const report = JSON.parse(readFileSync(join(reportDir, file), 'utf8')) as Report
    const failures = failuresOf(report)
    const skipped = skippedOf(report)
    passed += report.numPassedTests
    failed += failures.length
    if (failures.length > 0) unexplained.delete(step)
    console.log(
      `${step}: ${report.numPassedTests} passed, ${failures.length} failed, ${skipped} skipped`,
    )
    for (const failure of failures) console.log(`  failed: ${failure}`)
  }
  for (const step of unexplained) console.log(`  failed: the step ${step}`)
  failed += unexplained.size
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

/** The failed tests, and the files that failed without one: their hooks or imports did. */
function failuresOf({ testResults }: Report): string[] {
  return testResults.flatMap(({ name, status, assertionResults }) => {
    const tests = assertionResults.filter((test) => test.status === 'failed')
    if (tests.length > 0) return tests.map(({ fullName }) => `${name}: ${fullName}`)
    return status === 'failed' ? [name] : []
  })
}

function skippedOf({ testResults }: Report): number {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  return tests.filter(({ status }) => status !== 'passed' && status !== 'failed').length
}

main()
