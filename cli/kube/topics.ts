// `kubectl samsa topics`: the KafkaTopics of a cluster, in whatever namespace they are, and how
// they stand.

import { kinds } from '@samsa/operator/kube/objects'
import type { KafkaTopic } from '@samsa/operator/resources/kafka-topic'
import { flag } from '../command/options.ts'
import { printJson, printTable } from '../format/print.ts'
import { defineKubeCommand } from './kube-command.ts'

export const kubeTopics = defineKubeCommand({
  options: {
    allNamespaces: flag('KafkaTopics of other namespaces as well; needs the right to list them.'),
    notReady: flag('Only those that are not as their spec says.'),
  },
  notes: `Examples:
  kubectl samsa topics orders
  kubectl samsa topics orders --all-namespaces --not-ready`,
  async run({ options, client, cluster, namespace, io, json }) {
    const where = options.allNamespaces ? {} : { namespace }
    const { items } = await client.list<KafkaTopic>(kinds.kafkaTopic, where, io.signal)
    const topics = items.filter(({ spec, metadata }) => {
      const home = spec.clusterRef.namespace ?? metadata.namespace
      return spec.clusterRef.name === cluster.metadata.name && home === cluster.metadata.namespace
    })
    const shown = options.notReady
      ? topics.filter((topic) => readyOf(topic)?.status !== 'True')
      : topics
    if (json) await printJson(io, shown)
    else await printTable(io, columns, shown)
  },
})

function readyOf({ status }: KafkaTopic) {
  return status?.conditions?.find(({ type }) => type === 'Ready')
}

const columns = [
  { title: 'NAMESPACE', value: ({ metadata }: KafkaTopic) => metadata.namespace },
  { title: 'NAME', value: ({ metadata }: KafkaTopic) => metadata.name },
  { title: 'TOPIC', value: ({ spec, metadata }: KafkaTopic) => spec.topicName ?? metadata.name },
  { title: 'PARTITIONS', value: ({ status }: KafkaTopic) => status?.partitions ?? null },
  { title: 'REPLICAS', value: ({ status }: KafkaTopic) => status?.replicas ?? null },
  { title: 'READY', value: (topic: KafkaTopic) => readyOf(topic)?.status ?? null },
  { title: 'REASON', value: (topic: KafkaTopic) => readyOf(topic)?.reason ?? null },
]
