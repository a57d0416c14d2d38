// `npm run gen`: writes every page and file that is made from the source. What it makes is
// committed; the tests hold it to its source.

import { writeFileSync } from 'node:fs'
import { compatibilityFile, compatibilityPage } from './gen-compatibility.ts'

writeFileSync(compatibilityFile, compatibilityPage())
console.log(`gen: ${compatibilityFile}`)
