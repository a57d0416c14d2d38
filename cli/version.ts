// The version of this program, from the package.json that it ships with.

import { readFileSync } from 'node:fs'

export function version(): string {
  // The same relative place from source (cli/) and compiled (dist/cli/): the build writes
  // dist/package.json.
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  const { version: read } = JSON.parse(text) as { version: string }
  return read
}
