// What is installed beside dist/.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Lockfile, lockfileFor } from '../../../scripts/shipped-packages.ts'

const frame = { name: 'all', version: '1.0.0', lockfileVersion: 3, requires: true }

describe('the packages that ship', () => {
  it('are those that are named, and what they need, from where it lies', () => {
    const whole: Lockfile = {
      ...frame,
      packages: {
        'node_modules/a': { version: '1.0.0', dependencies: { shared: '^2.0.0' } },
        'node_modules/a/node_modules/shared': { version: '2.0.0' },
        'node_modules/shared': { version: '1.0.0' },
        'node_modules/b': { version: '1.0.0', optionalDependencies: { 'b-linux': '1', gone: '1' } },
        'node_modules/b-linux': { version: '1.0.0', dependencies: { b: '1' } },
        'node_modules/inlined': { version: '1.0.0', dependencies: { deep: '1' } },
        'node_modules/deep': { version: '1.0.0' },
      },
    }
    const made = lockfileFor({ name: 'dist', dependencies: { a: '1.0.0', b: '1.0.0' } }, whole)
    expect(Object.keys(made.packages)).toEqual([
      '',
      'node_modules/a',
      'node_modules/a/node_modules/shared',
      'node_modules/b',
      'node_modules/b-linux',
    ])
  })

  it('leave out what the files hold already', () => {
    const whole = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lockfile
    const { packages } = lockfileFor({ name: 'dist', dependencies: { pino: '10.4.0' } }, whole)
    expect(packages['node_modules/pino']?.version).toBe('10.4.0')
    expect(packages['node_modules/sonic-boom']).toBeDefined()
    expect(packages['node_modules/@kubernetes/client-node']).toBeUndefined()
  })
})
