// `kubectl samsa report`: everything that somebody who helps from afar asks for, in one folder:
// resources, what was made for them, events, the last lines of logs. No values of Secrets, and no
// environment values that look like one. What may not be read is named instead.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { labelKeys } from '@samsa/operator/desired/names'
import type { KubeClient } from '@samsa/operator/kube/client'
import { type Kind, type KubeObject, kinds, pathOf } from '@samsa/operator/kube/objects'
import { text } from '../command/options.ts'
import { CommandError } from '../errors.ts'
import { note } from '../format/print.ts'
import { defineKubeCommand } from './kube-command.ts'
import { redacted } from './redact.ts'

const logLinesMax = 2_000

/** File, kind, and whether it is only what was made for the cluster. */
const parts: readonly (readonly [file: string, kind: Kind, isOwned: boolean])[] = [
  ['topics', kinds.kafkaTopic, false],
  ['users', kinds.kafkaUser, false],
  ['pods', kinds.pod, true],
  ['volume-claims', kinds.volumeClaim, true],
  ['services', kinds.service, true],
  ['secrets', kinds.secret, true],
  ['disruption-budgets', kinds.disruptionBudget, true],
  ['network-policies', kinds.networkPolicy, true],
  ['events', kinds.event, false],
]

export const kubeReport = defineKubeCommand({
  options: { output: text('DIR', 'Where the report goes; samsa-report-<cluster> when absent.') },
  notes: `Holds no passwords, keys or certificates: of Secrets it names the keys, and not what they
hold. Look through it before it leaves your house all the same: names and addresses are in it.

Example:
  kubectl samsa report orders --output /tmp/report && tar czf report.tgz -C /tmp report`,
  async run({ options, client, cluster, namespace, io }) {
    const { name } = cluster.metadata
    const dir = options.output ?? `samsa-report-${name}`
    const save = writer(dir)
    const problems: string[] = []
    save('cluster.json', redacted(cluster))
    const pods: KubeObject[] = []
    for (const [file, kind, isOwned] of parts) {
      const labelSelector = `${labelKeys.cluster}=${name}`
      const where = isOwned ? { namespace, labelSelector } : { namespace }
      try {
        const { items } = await client.list(kind, where, io.signal)
        if (kind === kinds.pod) pods.push(...items)
        save(`${file}.json`, items.map(redacted))
      } catch (error) {
        problems.push(`${file}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    for (const pod of pods) await saveLog(client, pod, save, problems, io.signal)
    save('problems.json', problems)
    await note(io, `the report is in ${dir}; ${problems.length} parts could not be read`)
  },
})

type Save = (file: string, content: unknown) => void

function writer(dir: string): Save {
  try {
    mkdirSync(join(dir, 'logs'), { recursive: true })
  } catch (error) {
    throw new CommandError(`${dir} cannot be made`, 1, { cause: error })
  }
  return (file, content) => {
    const body =
      typeof content === 'string' ? content : `${JSON.stringify(content, undefined, 2)}\n`
    writeFileSync(join(dir, file), body)
  }
}

async function saveLog(
  client: KubeClient,
  { metadata: { namespace, name } }: KubeObject,
  save: Save,
  problems: string[],
  signal: AbortSignal,
): Promise<void> {
  const path = pathOf(kinds.pod, namespace, name, 'log')
  const query = { tailLines: String(logLinesMax) }
  const lines: string[] = []
  try {
    const stream = await client.transport.stream({ method: 'GET', path, query, signal })
    try {
      for await (const line of stream.lines) {
        if (lines.length < logLinesMax) lines.push(line)
      }
    } finally {
      stream.close()
    }
    if (stream.status >= 300) throw new Error(lines.join(' ').slice(0, 300))
    save(`logs/${name}.log`, `${lines.join('\n')}\n`)
  } catch (error) {
    problems.push(`log of ${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
