// `npm run gen:manifests`: makes manifests/samsa.yaml, for `kubectl apply -f` without Helm, from
// the chart with its own values, in the namespace samsa-system. Needs helm; what it makes is
// committed, and test:kube holds it to the chart.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const manifestsFile = join(root, 'manifests/samsa.yaml')

const namespace = 'samsa-system'
/** A helm that was built from its module knows no version of its own. */
export const kubeVersion = ['--kube-version', 'v1.34.1'] as const
const head = `# Made by npm run gen:manifests from charts/samsa: the operator and its resources.
#   kubectl apply --server-side -f manifests/samsa.yaml
apiVersion: v1
kind: Namespace
metadata:
  name: ${namespace}
  labels:
    pod-security.kubernetes.io/enforce: restricted
`

/** As SAMSA_HELM names it, as test/kube builds it, or on the PATH. */
export function helm(args: readonly string[]): { status: number; stdout: string; stderr: string } {
  const built = join(homedir(), '.cache/kube-bin/helm')
  const program = process.env['SAMSA_HELM'] ?? (existsSync(built) ? built : 'helm')
  const run = spawnSync(program, [...args], { encoding: 'utf8', cwd: root })
  if (run.error !== undefined) throw new Error(`helm cannot be run: ${run.error.message}`)
  return { status: run.status ?? 1, stdout: run.stdout, stderr: run.stderr }
}

export function manifests(): string {
  const args = ['template', 'samsa', 'charts/samsa', '--namespace', namespace, ...kubeVersion]
  const { status, stdout, stderr } = helm(args)
  if (status !== 0) throw new Error(`helm template failed: ${stderr}`)
  // There is no release whose uninstalling these would speak of.
  const text = stdout
    .replaceAll('app.kubernetes.io/managed-by: Helm', 'app.kubernetes.io/managed-by: kubectl')
    .replaceAll(/^ +annotations:\n +helm\.sh\/resource-policy: keep\n/gm, '')
    .replaceAll(/^ +helm\.sh\/chart: .*\n/gm, '')
  return `${head}${text.trimEnd()}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(dirname(manifestsFile), { recursive: true })
  writeFileSync(manifestsFile, manifests())
  console.log(`gen: ${manifestsFile}`)
}
