// `npm run gen`: writes every page that is made from the source. What it makes is committed; the
// tidy test holds it to its source.

import { writeFileSync } from 'node:fs'
import { compatibilityFile, compatibilityPage } from './gen-compatibility.ts'
import { configurationFile, configurationPage } from './gen-configuration.ts'

const pages = [
  [compatibilityFile, compatibilityPage],
  [configurationFile, configurationPage],
] as const

for (const [file, page] of pages) {
  writeFileSync(file, page())
  console.log(`gen: ${file}`)
}
