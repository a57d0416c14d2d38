// Finds a circle in the imports of the source files, types aside: such files cannot be read, or
// loaded, one after the other.

import type { SourceFile } from './source-files.ts'

/** The files of one circle, the first of them again at the end; undefined when there is none. */
export function importCycle(files: readonly SourceFile[]): string[] | undefined {
  const edges = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.filter(({ isOwn, isType }) => isOwn && !isType).map(({ target }) => target),
    ]),
  )
  const done = new Set<string>()
  for (const { path } of files) {
    const found = walk(path, edges, done)
    if (found !== undefined) return found
  }
  return undefined
}

interface Step {
  readonly path: string
  readonly targets: Iterator<string>
}

/** Depth first, with a stack of its own: import chains may be long. */
function walk(
  start: string,
  edges: ReadonlyMap<string, readonly string[]>,
  done: Set<string>,
): string[] | undefined {
  const step = (path: string): Step => ({ path, targets: (edges.get(path) ?? []).values() })
  const stack: Step[] = done.has(start) ? [] : [step(start)]
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const next = top.targets.next()
    if (next.done === true) {
      done.add(top.path)
      stack.pop()
      continue
    }
    const target = next.value
    const at = stack.findIndex(({ path }) => path === target)
    if (at >= 0) return [...stack.slice(at).map(({ path }) => path), target]
    if (!done.has(target)) stack.push(step(target))
  }
  return undefined
}
