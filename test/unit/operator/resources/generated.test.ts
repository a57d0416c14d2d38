// What is generated from the resources is current, and small enough to be applied.

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { resourceFiles } from '../../../../scripts/gen-resources.ts'
import { yaml } from '../../../../scripts/yaml.ts'

/** kubectl keeps the object in an annotation, which may be 256 KB; the project allows less. */
const definitionBytesMax = 150_000

describe('what npm run gen makes of the resources', () => {
  it('is what is committed', () => {
    const stale = resourceFiles().filter(
      ({ path, text }) => !existsSync(path) || readFileSync(path, 'utf8') !== text,
    )
    expect(stale.map(({ path }) => path)).toEqual([])
  })

  it('fits into what kubectl apply can carry', () => {
    for (const { text } of resourceFiles()) {
      expect(Buffer.byteLength(text)).toBeLessThan(definitionBytesMax)
    }
  })
})

describe('YAML', () => {
  it('is laid out by lines, and quotes what would be taken for something else', () => {
    const value = { a: [{ b: 'no', c: [1, 'x: y'] }, []], d: {}, '*': true, e: 'plain.text/v1' }
    expect(yaml(value)).toBe(`a:
  - b: "no"
    c:
      - 1
      - "x: y"
  - []
d: {}
"*": true
e: plain.text/v1
`)
  })
})
