// The style is a test: what docs/STYLE.md says of files, lines, headers and imports is checked
// here, for every file. What may pass nevertheless is in support/tidy/exceptions.ts.

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compatibilityPage } from '../scripts/gen-compatibility.ts'
import { configurationPage } from '../scripts/gen-configuration.ts'
import { grpcFiles } from '../scripts/gen-grpc.ts'
import { importCycle } from './support/tidy/cycles.ts'
import { type Exception, exceptions } from './support/tidy/exceptions.ts'
import { forbidden, layers } from './support/tidy/import-rules.ts'
import {
  isTest,
  productFolders,
  readSourceFiles,
  repositoryDir,
} from './support/tidy/source-files.ts'

const fileLinesMax = 500
const functionLinesMax = 70
const lineColumnsMax = 100
const headerLinesMax = 6
/** A handler's header also tells how it differs from Kafka: COMPATIBILITY.md is made of it. */
const handlerHeaderLinesMax = 10

const files = readSourceFiles()
const paths = new Set(files.map(({ path }) => path))
const used = new Set<Exception>()

/** Findings as 'path: what', without the exceptions to the rule. */
function unexcused(rule: Exception['rule'], findings: readonly (readonly [string, string])[]) {
  return findings
    .filter(([path]) => {
      const excuse = exceptions.find((one) => one.rule === rule && one.path === path)
      if (excuse !== undefined) used.add(excuse)
      return excuse === undefined
    })
    .map(([path, what]) => `${path}${what}`)
}

/** Every match of a pattern, line by line. */
function matches(pattern: RegExp, where: (path: string) => boolean = () => true) {
  return files
    .filter(({ path }) => where(path))
    .flatMap(({ path, lines }) =>
      lines.flatMap((line, index) =>
        pattern.test(line) ? [[path, `:${index + 1}: ${line.trim()}`] as const] : [],
      ),
    )
}

function readText(path: string): string {
  return readFileSync(join(repositoryDir, path), 'utf8')
}

/** Fails with every finding by name, so that nobody has to search for them. */
function expectNone(found: readonly unknown[]): void {
  expect(found, `\n${found.map(String).join('\n')}\n`).toHaveLength(0)
}

describe('files', () => {
  it(`have at most ${fileLinesMax} lines`, () => {
    const long = files.filter(({ lines }) => lines.length > fileLinesMax)
    const found = long.map(({ path, lines }) => [path, `: ${lines.length} lines`] as const)
    expectNone(unexcused('file length', found))
  })

  it(`have lines of at most ${lineColumnsMax} columns, but for a text that stands alone`, () => {
    const title = /^\s*(?:it|describe)\((?:'|`).*(?:'|`), (?:async )?\(\) => \{$/
    const loneText =
      /^\s*(?:[\w.]+\s*[:=(]\s*|return |throw )?[`'"/].*[`'"/][gimsuy]*[,;)]*(?: \+)?$/
    const found = files.flatMap(({ path, lines }) =>
      lines.flatMap((line, index) => {
        const isBreakable = !loneText.test(line) && !title.test(line)
        const isLong = line.length > lineColumnsMax && isBreakable
        return isLong ? [[path, `:${index + 1}: ${line.length} columns`] as const] : []
      }),
    )
    expectNone(unexcused('line length', found))
  })

  it(`have functions of at most ${functionLinesMax} lines`, () => {
    expectNone(unexcused('function length', longFunctions()))
  })

  it(`open with a header of one to ${headerLinesMax} lines`, () => {
    const found = files.flatMap(({ path, lines }) => {
      const size = headerLines(lines)
      const isHandler = path.startsWith('broker/handlers/')
      const sizeMax = isHandler ? handlerHeaderLinesMax : headerLinesMax
      return size < 1 || size > sizeMax ? [[path, `: ${size} header lines`] as const] : []
    })
    expectNone(unexcused('header', found))
  })

  it('have names in kebab-case', () => {
    const name = /(?:^|\/)[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|bench|config))?\.(?:ts|js)$/
    const found = [...paths].filter((path) => !name.test(path)).map((path) => [path, ''] as const)
    expectNone(unexcused('file name', found))
  })

  it('export by name only', () => {
    expectNone(unexcused('default export', matches(/^export default\b/)))
  })

  it('are more than a list of what others export', () => {
    const barrels = files.filter(({ lines }) => {
      const code = lines.filter((line) => line.trim() !== '' && !line.startsWith('//'))
      return code.length > 0 && code.every((line) => /^export .* from '/.test(line))
    })
    expectNone(barrels.map(({ path }) => path))
  })

  it('leave nothing unfinished', () => {
    const unfinished = new RegExp(['\\bTO', 'DO\\b|\\bFIX', 'ME\\b|\\bXX', 'X\\b'].join(''))
    const notThere = new RegExp(['not (yet ', ')?implemented'].join(''), 'i')
    const found = [...matches(unfinished), ...matches(notThere)]
    expectNone(unexcused('unfinished', found))
  })

  it('read the environment in one place only', () => {
    expectNone(unexcused('environment', matches(/\bprocess\.env\b(?! *})/, isProduct)))
  })
})

describe('tests', () => {
  it('are neither singled out nor skipped', () => {
    const pattern = /\b(?:it|test|describe|suite)\.(?:only|skip|todo|fails)\b/
    expectNone(unexcused('only or skip', matches(pattern, isTest)))
  })
})

describe('imports', () => {
  it('go from upper layers to lower ones', () => {
    const found = files.flatMap(({ path, imports }) =>
      imports.flatMap((imported) => {
        const why = forbidden(path, imported)
        return why === undefined ? [] : [`${path} imports ${imported.target}: ${why}`]
      }),
    )
    expectNone(found)
  })

  it('find what they name', () => {
    const found = files.flatMap(({ path, imports }) =>
      imports
        .filter(
          ({ target, isOwn }) => isOwn && !paths.has(target) && !/\/(gen|vectors)\//.test(target),
        )
        .map(({ target }) => `${path} imports ${target}`),
    )
    expectNone(found)
  })

  it('make no circle', () => {
    expect(importCycle(files)).toBeUndefined()
  })

  it('have rules for places that exist', () => {
    const missing = layers.filter(
      ({ path }) => ![...paths].some((file) => file === path || file.startsWith(`${path}/`)),
    )
    expectNone(missing.map(({ path }) => path))
  })

  it('name packages that package.json has, and it has none that nobody imports', () => {
    const product = files.filter(({ path }) => isProduct(path))
    const imported = new Set(
      product
        .flatMap(({ imports }) =>
          imports.filter(({ isOwn, target }) => !isOwn && !target.startsWith('node:')),
        )
        .map(({ target }) => target),
    )
    expect([...imported].sort()).toEqual(Object.keys(dependencies()).sort())
  })
})

describe('pages', () => {
  it('COMPATIBILITY.md is what npm run gen makes of the handlers', () => {
    expect(readText('docs/COMPATIBILITY.md')).toBe(compatibilityPage())
  })

  it('CONFIGURATION.md is what npm run gen makes of the config tables', () => {
    expect(readText('docs/CONFIGURATION.md')).toBe(configurationPage())
  })

  it('proto/grpc/gen is what npm run gen makes of the .proto files', async () => {
    const made = await grpcFiles()
    const stale = made.filter(({ path, text }) => readFileSync(path, 'utf8') !== text)
    expectNone(stale.map(({ path }) => path))
    const names = readdirSync(join(repositoryDir, 'proto/grpc/gen'))
    expect(names.toSorted()).toEqual(made.map(({ path }) => basename(path)).toSorted())
  })

  it('DEPENDENCIES.md tells of every package that ships', () => {
    const page = readText('docs/DEPENDENCIES.md')
    const missing = Object.entries(dependencies()).filter(
      ([name, version]) => !page.includes(`| ${name} | ${version} |`),
    )
    expectNone(missing)
  })
})

describe('workspaces', () => {
  const { workspaces } = JSON.parse(readText('package.json')) as { workspaces: string[] }

  it('are the folders that ship, for this test and for the build', () => {
    expect([...workspaces].sort()).toEqual([...productFolders].sort())
    const build = readText('tsconfig.build.json')
    expectNone(workspaces.filter((folder) => !build.includes(`"${folder}"`)))
  })

  it('go into the image', () => {
    const [dockerfile, dockerignore] = [readText('Dockerfile'), readText('.dockerignore')]
    const isThere = (folder: string) =>
      dockerfile.split(`COPY ${folder}/package.json ${folder}/\n`).length === 2 &&
      dockerignore.includes(`\n!${folder}\n`)
    expectNone(workspaces.filter((folder) => !isThere(folder)))
  })
})

describe('exceptions', () => {
  // Runs last: by now every rule has said which of them it needed.
  it('are all needed', () => {
    const idle = exceptions.filter((exception) => !used.has(exception))
    expectNone(idle.map(({ rule, path }) => `${rule}: ${path}`))
  })
})

function isProduct(path: string): boolean {
  return productFolders.some((folder) => path.startsWith(`${folder}/`))
}

function dependencies(): Record<string, string> {
  const { dependencies: found } = JSON.parse(readText('package.json')) as {
    dependencies: Record<string, string>
  }
  return found
}

/** Lines of comment at the top, up to a blank one: a drawing or a table may follow below that. */
function headerLines(lines: readonly string[]): number {
  const start = lines[0]?.startsWith('#!') === true ? 1 : 0
  let end = start
  while (/^\/\/ \S/.test(lines[end] ?? '')) end++
  return end - start
}

/** oxlint counts them: a parser finds their ends where a pattern would guess. */
function longFunctions(): (readonly [string, string])[] {
  const config = 'test/support/tidy/oxlint.json'
  const args = [
    '-c',
    config,
    '-f',
    'json',
    'proto',
    'controller',
    'broker',
    'cli',
    'scripts',
    'bench',
  ]
  const run = spawnSync('node_modules/.bin/oxlint', args, { cwd: repositoryDir, encoding: 'utf8' })
  const { diagnostics } = JSON.parse(run.stdout) as {
    diagnostics: { message: string; filename: string; labels: { span: { line: number } }[] }[]
  }
  const written = diagnostics.filter(({ filename }) => !filename.includes('/gen/'))
  return written.map(({ filename, message, labels }) => {
    return [filename, `:${labels[0]?.span.line ?? 0}: ${message}`] as const
  })
}
