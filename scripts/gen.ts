// `npm run gen`: writes every page and module that is made from the source. What it makes is
// committed; the tidy test holds it to its source.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { compatibilityFile, compatibilityPage } from './gen-compatibility.ts'
import { configurationFile, configurationPage } from './gen-configuration.ts'
import { dashboard, dashboardFile } from './gen-dashboard.ts'
import { grpcFiles } from './gen-grpc.ts'
import { resourceFiles } from './gen-resources.ts'

const made = [
  ...(await grpcFiles()),
  { path: compatibilityFile, text: compatibilityPage() },
  { path: configurationFile, text: configurationPage() },
  ...resourceFiles(),
  { path: dashboardFile, text: dashboard() },
]

for (const { path, text } of made) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  console.log(`gen: ${path}`)
}
