// KafkaTopic: one topic of a cluster, kept as it says. Partitions are scaled up, replicas changed
// and configs set by editing it; what Kafka cannot do is refused at admission.

import { defineResource, type ResourceOf } from './resource.ts'
import { integer, object, oneOf, required, text } from './schema.ts'
import {
  conditions,
  observedGeneration,
  partitionCount,
  replicaCount,
  topicConfig,
  topicName,
} from './shared.ts'

const clusterRef = object(
  {
    name: required(text({ description: 'Name of the KafkaCluster.', minLength: 1 })),
    namespace: text({
      description: 'Its namespace; that of the topic when absent. The cluster must allow it.',
    }),
  },
  {
    description: 'The cluster that the topic is in.',
    rules: [{ cel: 'self == oldSelf', message: 'a topic cannot move to another cluster' }],
  },
)

const spec = object(
  {
    clusterRef: required(clusterRef),
    topicName,
    partitions: partitionCount,
    replicas: replicaCount,
    config: topicConfig,
    deletionPolicy: oneOf(['Retain', 'Delete'], {
      description: 'What becomes of the topic and its records when this resource is deleted.',
      default: 'Retain',
    }),
  },
  {
    rules: [
      {
        cel: '!has(oldSelf.partitions) || (has(self.partitions) && self.partitions >= oldSelf.partitions)',
        message: 'partitions cannot be decreased: Kafka would lose the order of keys and records',
      },
      {
        cel: 'has(self.topicName) == has(oldSelf.topicName) && (!has(self.topicName) || self.topicName == oldSelf.topicName)',
        message: 'topicName cannot change: create another KafkaTopic instead',
      },
      {
        cel: "!has(self.config) || !has(self.replicas) || !('min.insync.replicas' in self.config) || int(self.config['min.insync.replicas']) <= self.replicas",
        message: 'min.insync.replicas cannot be above replicas: nothing could be produced',
      },
    ],
  },
)

const status = object({
  observedGeneration,
  conditions,
  topicName: text({}),
  topicId: text({ maxLength: 22 }),
  partitions: integer({}),
  replicas: integer({}),
  reassigning: integer({ description: 'Partitions whose replicas are being moved.' }),
})

export const kafkaTopic = defineResource({
  kind: 'KafkaTopic',
  plural: 'kafkatopics',
  shortNames: ['ktp'],
  description: 'A topic of a Samsa cluster.',
  spec,
  status,
  // The number of partitions, which only grows; that of replicas is a field like others.
  scale: { spec: '.spec.partitions', status: '.status.partitions' },
  columns: [
    { name: 'Cluster', type: 'string', path: '.spec.clusterRef.name' },
    { name: 'Partitions', type: 'integer', path: '.status.partitions' },
    { name: 'Replicas', type: 'integer', path: '.status.replicas' },
    { name: 'Ready', type: 'string', path: '.status.conditions[?(@.type=="Ready")].status' },
    {
      name: 'Reason',
      type: 'string',
      path: '.status.conditions[?(@.type=="Ready")].reason',
      priority: 1,
    },
    { name: 'Age', type: 'date', path: '.metadata.creationTimestamp' },
  ],
})

export type KafkaTopic = ResourceOf<typeof kafkaTopic>
