// The source files that the tidy test looks at, with their text and what they import. Found by
// walking the folders, so that it works in a copy without git.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repositoryDir = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

/** Every folder with code. The first ones are the workspaces, which ship. */
export const productFolders = ['proto', 'raft', 'controller', 'broker', 'cli', 'client', 'operator']
export const codeFolders = [...productFolders, 'scripts', 'bench', 'test']
const skippedFolders: ReadonlySet<string> = new Set(['node_modules', 'gen', 'vectors'])

export interface Import {
  /** A path from the repository for own files ('broker/errors.ts'), else the package's name. */
  readonly target: string
  readonly isOwn: boolean
  readonly isType: boolean
}

export interface SourceFile {
  /** From the repository, with '/'. */
  readonly path: string
  readonly text: string
  readonly lines: readonly string[]
  readonly imports: readonly Import[]
}

export function readSourceFiles(): SourceFile[] {
  const files = codeFolders.flatMap((folder) => walk(folder))
  return files.map((path) => {
    const text = readFileSync(join(repositoryDir, path), 'utf8')
    return {
      path,
      text,
      lines: text.replace(/\n$/, '').split('\n'),
      imports: importsOf(path, text),
    }
  })
}

export function isTest(path: string): boolean {
  return path.startsWith('test/')
}

function walk(folder: string): string[] {
  const entries = readdirSync(join(repositoryDir, folder), { withFileTypes: true })
  return entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return skippedFolders.has(entry.name) ? [] : walk(path)
    return /\.(ts|js)$/.test(entry.name) ? [path] : []
  })
}

const importPattern = new RegExp(
  [
    // import or export … from '…', over several lines; a bare import; import('…') in code.
    /^(?:import|export)\s+(type\s)?[^'"`;=]*?from\s+'([^']+)'/.source,
    /^import\s+'([^']+)'/.source,
    /\bimport\('([^']+)'\)/.source,
  ].join('|'),
  'gm',
)

function importsOf(path: string, text: string): Import[] {
  const found: Import[] = []
  for (const [, type, named, bare, dynamic] of withoutComments(text).matchAll(importPattern)) {
    const specifier = named ?? bare ?? dynamic ?? ''
    found.push({ ...resolve(path, specifier), isType: type !== undefined })
  }
  return found
}

function withoutComments(text: string): string {
  return text.replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '')
}

function resolve(path: string, specifier: string): { target: string; isOwn: boolean } {
  if (specifier.startsWith('.')) {
    return { target: posix.join(posix.dirname(path), specifier), isOwn: true }
  }
  if (specifier.startsWith('@samsa/')) {
    return { target: `${specifier.slice('@samsa/'.length)}.ts`, isOwn: true }
  }
  return { target: packageOf(specifier), isOwn: false }
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier)
}
