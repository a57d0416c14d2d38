// Runs the suites on a real Kubernetes: `node scripts/with-kube.ts vitest run ... FOLDER [NAME...]`,
// those of these names or all of the folder. Takes the one that KUBECONFIG names, whose nodes must
// have the images, or starts three nodes of its own by test/kube, builds and loads the images, and
// takes all of it down at the end.

import { writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exitOf, start } from '../test/support/conformance/processes.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const imagesDir = join(root, '.cache/kube-images')
const folder = 'test/conformance/kube'
const [command = '', ...args] = process.argv.slice(2)
const named = args.slice(args.indexOf(folder) + 1).filter((name) => /^[a-z-]+$/.test(name))

/** Only where SAMSA_KUBE_SCENARIOS=all: without them a run takes twenty minutes. */
const furtherSuites = ['chart', 'many-topics', 'operator-kills', 'random-spec', 'renewal']
/** These kill and freeze what only nodes of our own let them. */
const ownSuites = ['nodes', 'api-server', 'blocked', 'operator', 'operator-kills']

async function runTool(program: string, toolArgs: readonly string[], env = {}): Promise<number> {
  const child = start(program, toolArgs, { env })
  child.stdout?.pipe(process.stdout)
  child.stderr?.pipe(process.stderr)
  child.stdin?.end()
  return (await exitOf(child)).code ?? 1
}

async function step(what: string, tool: string, ...toolArgs: readonly string[]): Promise<void> {
  const startMs = performance.now()
  console.log(`kube: ${what}`)
  const code = await runTool(join(root, 'test/kube', tool), toolArgs)
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0)
  if (code !== 0) throw new Error(`kube: ${what}: failed after ${seconds} s`)
  console.log(`kube: ${what}: done in ${seconds} s`)
}

function runSuites(leftOut: readonly string[], env: Readonly<Record<string, string>>) {
  if (leftOut.length > 0) console.log(`kube: LEFT OUT: ${leftOut.join(', ')}`)
  const excluded = leftOut.map((name) => `--exclude=${folder}/${name}.test.ts`)
  const others = args.filter((one) => one !== folder && !named.includes(one))
  const files = named.length === 0 ? [folder] : named.map((name) => `${folder}/${name}.test.ts`)
  return runTool(join(root, 'node_modules/.bin', command), [...others, ...files, ...excluded], env)
}

/**
 * The clients of the suites measure latencies, and stand for machines of their own: with the usual
 * priority they wait for what test/kube gives to the nodes, and measure that. Of the nice levels of
 * the whole session (sched(7)), since others' are of no account outside of their own.
 */
function measureFirst(): void {
  writeFileSync('/proc/self/autogroup', '-20')
}

async function runOnOwnNodes(leftOut: readonly string[]): Promise<number> {
  const bin = process.env['KUBE_BIN'] ?? join(homedir(), '.cache/kube-bin')
  const state = process.env['KUBE_STATE'] ?? '/var/tmp/kube'
  try {
    await step(
      'starting three nodes (Kubernetes is built first, once, in 10 min)',
      'kube',
      'up',
      '3',
    )
    await step('building the images', 'images', imagesDir)
    const archives = ['samsa', 'kcat'].map((name) => join(imagesDir, `${name}.tar`))
    await step('loading them into the nodes', 'kube', 'load', ...archives)
    measureFirst()
    return await runSuites(leftOut, {
      KUBECONFIG: join(state, 'kubeconfig'),
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      SAMSA_KUBE_IMAGE: 'samsa:test',
      SAMSA_KUBE_KCAT_IMAGE: 'samsa-kcat:test',
    })
  } finally {
    await step('taking the nodes down', 'kube', 'down')
  }
}

const isAll = process.env['SAMSA_KUBE_SCENARIOS'] === 'all'
const leftOut = isAll || named.length > 0 ? [] : furtherSuites
process.exitCode =
  process.env['KUBECONFIG'] === undefined
    ? await runOnOwnNodes(leftOut)
    : await runSuites([...leftOut, ...ownSuites], {})
