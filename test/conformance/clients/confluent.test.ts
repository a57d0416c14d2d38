// confluent-kafka (librdkafka): admin, producer and groups, as python/matrix.py steps through them.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../support/conformance/cluster.ts'
import { python } from '../../support/conformance/confluent-client.ts'
import { conformanceSuite } from '../../support/conformance/suite.ts'
import { pythonScriptsDir } from '../../support/conformance/target.ts'

const script = readFileSync(join(pythonScriptsDir, 'matrix.py'), 'utf8')
const steps = [...script.matchAll(/^@step\ndef (\w+)\(/gm)].map(([, name = '']) => name)

conformanceSuite('confluent-kafka', ['python'], () => {
  let cluster: Cluster
  let outcome: Map<string, string>
  let stderr: string

  beforeAll(async () => {
    cluster = await startCluster()
    const done = await python('matrix.py', [cluster.bootstrap], { timeoutMs: 280_000 })
    stderr = done.stderr
    const reported = done.stdout.toString().matchAll(/^(ok|not ok) (\w+)(?:: (.*))?$/gm)
    outcome = new Map([...reported].map(([, kind, name = '', why]) => [name, why ?? kind ?? '']))
  })
  afterAll(() => cluster?.close())

  it('has steps', () => {
    expect(steps.length).toBeGreaterThan(12)
  })

  it.each(steps)('%s', (name) => {
    expect(outcome.get(name), stderr).toBe('ok')
  })
})
