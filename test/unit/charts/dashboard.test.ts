// The dashboard is current, and asks for metrics that there are.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dashboard, dashboardFile, dashboardMetrics } from '../../../scripts/gen-dashboard.ts'

const root = join(import.meta.dirname, '../../..')

function sources(folder: string): string {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  const own = files.filter((file) => file.endsWith('.ts') && !file.includes('node_modules'))
  return own.map((file) => readFileSync(join(root, folder, file), 'utf8')).join('\n')
}

describe('the dashboard', () => {
  it('is what is committed', () => {
    expect(readFileSync(dashboardFile, 'utf8')).toBe(dashboard())
  })

  it('shows nothing that nobody measures', () => {
    const code = sources('broker') + sources('controller') + sources('operator')
    const missing = dashboardMetrics().filter((metric) => {
      const name = metric.replace(/_bucket$/, '')
      // The operator's gauges are named by what follows their common beginning.
      return (
        !code.includes(`'${name}'`) && !code.includes(`'${name.replace('samsa_operator_', '')}'`)
      )
    })
    expect(missing).toEqual([])
  })
})
