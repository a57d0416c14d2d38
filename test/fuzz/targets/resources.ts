// KafkaClusters, KafkaTopics and KafkaUsers whose specs follow the schemas and make no sense beyond
// that: the rules in CEL are not asked, as on an API server that has an older definition. A pass of
// the operator over a cluster says in its status what is wrong; it does not fail by a mistake.

import { nameInKafka } from '../../../operator/reconcile/topic-reconciler.ts'
import { usernameOf, wantedAcls, wantedQuotas } from '../../../operator/reconcile/user-rights.ts'
import { kafkaCluster } from '../../../operator/resources/kafka-cluster.ts'
import { kafkaTopic } from '../../../operator/resources/kafka-topic.ts'
import { type KafkaUser, kafkaUser } from '../../../operator/resources/kafka-user.ts'
import { withDefaults } from '../../support/operator/defaults.ts'
import { Stage } from '../../support/operator/stage.ts'
import { mutate } from '../engine/mutate.ts'
import type { Target } from '../engine/target.ts'
import { anyOf, follows } from '../generate/resource.ts'

const passes = 3

export const resources: Target = {
  name: 'resources',
  shortRuns: 6,
  // Three passes, each with the requests of an operator to an API server in this process.
  limits: { cpuMsMax: 5_000 },
  async open() {
    const kinds = [kafkaCluster, kafkaCluster, kafkaTopic, kafkaUser]
    return {
      make(random) {
        const { kind, spec } = random.pick(kinds)
        const text = Buffer.from(JSON.stringify({ kind, spec: anyOf(spec, random) }))
        return random.chance(0.1) ? mutate(random, text) : text
      },
      async run(input) {
        const read = parse(input)
        const schema = kinds.find(({ kind }) => kind === read?.kind)?.spec
        if (read === null || schema === undefined || !follows(schema, read.spec)) return
        if (read.kind === 'KafkaCluster') return passOver(read.spec)
        const metadata = { name: 'one', namespace: 'ns', uid: 'uid' }
        if (read.kind === 'KafkaTopic') {
          const spec = withDefaults(kafkaTopic.spec, read.spec)
          nameInKafka({ metadata, spec } as unknown as Parameters<typeof nameInKafka>[0])
        }
        if (read.kind === 'KafkaUser') {
          const spec = withDefaults(kafkaUser.spec, read.spec)
          const user = { metadata, spec } as unknown as KafkaUser
          usernameOf(user)
          wantedAcls(user)
          wantedQuotas(user)
        }
      },
      close: () => Promise.resolve(),
    }
  },
}

async function passOver(spec: object): Promise<void> {
  const stage = await Stage.open()
  try {
    stage.create(spec)
    for (let pass = 0; pass < passes; pass++) await stage.pass()
    for (const failure of stage.failures.flat()) {
      if (failure instanceof TypeError || failure instanceof RangeError) throw failure
    }
  } finally {
    await stage.close()
  }
}

/** What the API server would have taken for a resource at all; null otherwise. */
function parse(input: Buffer): { kind: string; spec: object } | null {
  try {
    const { kind, spec } = JSON.parse(input.toString()) as { kind?: unknown; spec?: unknown }
    const isObject = typeof spec === 'object' && spec !== null && !Array.isArray(spec)
    return typeof kind === 'string' && isObject ? { kind, spec } : null
  } catch {
    return null
  }
}
