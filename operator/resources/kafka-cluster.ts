// KafkaCluster: a whole cluster in one resource. Its spec and status; the parts of the spec are in
// node-pools.ts, listeners.ts and cluster-policies.ts.

import {
  certificates,
  deletionPolicy,
  metrics,
  rebalance,
  updatePolicy,
} from './cluster-policies.ts'
import { listeners } from './listeners.ts'
import { nodePools } from './node-pools.ts'
import { defineResource, type ResourceOf } from './resource.ts'
import { flag, integer, list, object, oneOf, required, text } from './schema.ts'
import {
  conditions,
  kafkaConfig,
  observedGeneration,
  partitionCount,
  replicaCount,
  topicConfig,
  topicName,
} from './shared.ts'

/** Set by the operator from the rest of the spec: a second value could only contradict it. */
const forbiddenPrefixes = [
  'listeners',
  'advertised.listeners',
  'listener.',
  'inter.broker.',
  'security.inter.broker.',
  'node.id',
  'broker.id',
  'broker.rack',
  'process.roles',
  'controller.',
  'log.dir',
  'metadata.log.dir',
  'zookeeper.',
  'ssl.',
  'sasl.',
  'authorizer.',
  'super.users',
  'samsa.grpc.',
  'samsa.http.',
]

const config = kafkaConfig("Broker configs under Kafka's names.", [
  {
    cel: `!self.exists(key, ${forbiddenPrefixes.map((prefix) => `key.startsWith('${prefix}')`).join(' || ')})`,
    message:
      'config may not hold settings that other fields of the spec decide: listeners, node and ' +
      'controller identity, log directories, ssl, sasl and authorization',
  },
  {
    cel: "!('min.insync.replicas' in self) || !('default.replication.factor' in self) || int(self['min.insync.replicas']) <= int(self['default.replication.factor'])",
    message: 'min.insync.replicas cannot be above default.replication.factor',
  },
])

const inlineTopic = object(
  {
    name: required(topicName),
    partitions: partitionCount,
    replicas: replicaCount,
    config: topicConfig,
  },
  {
    rules: [
      {
        cel: '!has(oldSelf.partitions) || (has(self.partitions) && self.partitions >= oldSelf.partitions)',
        message: 'partitions cannot be decreased: Kafka would lose the order of keys and records',
      },
    ],
  },
)

const authorization = object(
  {
    superUsers: list(text({ maxLength: 255 }), {
      description: 'Principals that may do everything, as User:admin.',
      maxItems: 100,
      identity: 'set',
    }),
  },
  {
    description:
      'Clients need the rights that ACLs give them. Whoever comes in by a listener without ' +
      'credentials may still do everything, as the operator itself does.',
    rules: [
      {
        cel: "!has(self.superUsers) || self.superUsers.all(one, one.startsWith('User:') && !one.contains(';'))",
        message: 'superUsers are principals, as User:admin, without a semicolon',
      },
    ],
  },
)

const spec = object(
  {
    version: text({
      description: "Release of Samsa; the operator's own when absent.",
      maxLength: 63,
    }),
    nodePools: required(nodePools),
    listeners: required(listeners),
    config,
    topics: list(inlineTopic, {
      description: 'Topics of a small set-up, without a KafkaTopic each. Never deleted from here.',
      maxItems: 200,
      identity: { key: 'name' },
    }),
    topicNamespaces: list(text({ maxLength: 63 }), {
      description:
        "Other namespaces whose KafkaTopics and KafkaUsers may name this cluster; '*': all.",
      maxItems: 100,
      identity: 'set',
    }),
    authorization,
    certificates,
    metrics,
    updatePolicy,
    deletionPolicy,
    rebalance,
    lostNodeTimeoutSeconds: integer({
      description:
        'A pod that is still going so long after its time is forced away, if the cluster has ' +
        'fenced its broker; 0: never.',
      minimum: 0,
      maximum: 86_400,
      default: 300,
    }),
    paused: flag({ description: 'Nothing is changed while this is true.', default: false }),
  },
  {
    rules: [
      {
        cel: "self.nodePools.exists(pool, 'broker' in pool.roles)",
        message: 'one node pool at least must have the role broker',
      },
      {
        cel: "self.nodePools.exists(pool, 'controller' in pool.roles)",
        message: 'one node pool at least must have the role controller',
      },
      {
        cel: "self.nodePools.filter(pool, 'controller' in pool.roles).map(pool, pool.replicas).sum() in [1, 3, 5, 7]",
        message:
          'the controllers of all pools together must be 1, 3, 5 or 7: an even number adds risk and no strength',
      },
      {
        cel: "self.nodePools.filter(pool, 'broker' in pool.roles).map(pool, pool.replicas).sum() >= 1",
        message: 'there must be one broker at least',
      },
      {
        cel: "!has(self.config) || !('default.replication.factor' in self.config) || int(self.config['default.replication.factor']) <= self.nodePools.filter(pool, 'broker' in pool.roles).map(pool, pool.replicas).sum()",
        message: 'default.replication.factor cannot be above the number of brokers',
      },
    ],
  },
)

const nodeStatus = object({
  id: required(integer({})),
  pool: required(text({})),
  roles: required(list(text({}), { maxItems: 2 })),
  ready: required(flag({})),
  zone: text({}),
})

const rollout = object(
  {
    reason: text({ description: 'Why pods are being replaced.', maxLength: 200 }),
    next: text({ description: 'The pod that goes next.' }),
    remaining: integer({ description: 'Pods still to go.' }),
    blockedBy: list(text({ maxLength: 400 }), {
      description: 'What must be better before the next pod may go: partitions, voters, a window.',
      maxItems: 20,
    }),
    since: text({ format: 'date-time' }),
    awaitingApproval: flag({}),
  },
  { description: 'A rolling replacement under way.' },
)

const listenerStatus = object({
  name: required(text({})),
  bootstrap: text({ description: 'What clients give as bootstrap.servers.', maxLength: 1000 }),
  addresses: list(text({ maxLength: 300 }), { maxItems: 200 }),
  certificate: text({ description: 'The CA certificate in PEM.', maxLength: 20_000 }),
})

const status = object({
  observedGeneration,
  conditions,
  clusterId: text({ maxLength: 64 }),
  version: text({}),
  nodes: list(nodeStatus, { maxItems: 500, identity: { key: 'id' } }),
  brokers: integer({}),
  readyBrokers: integer({}),
  voters: list(integer({}), { maxItems: 9 }),
  leader: integer({ description: 'Node id of the active controller.' }),
  listeners: list(listenerStatus, { maxItems: 20, identity: { key: 'name' } }),
  rollout,
  rebalance: object({
    state: oneOf(['Moving', 'Draining', 'Done', 'Failed'], {}),
    brokers: list(integer({}), {
      description: 'Brokers that replicas have been spread over.',
      maxItems: 500,
    }),
    request: text({ description: 'The annotation samsa.io/rebalance that was answered last.' }),
    movingPartitions: integer({}),
    message: text({ maxLength: 1000 }),
  }),
})

export const kafkaCluster = defineResource({
  kind: 'KafkaCluster',
  plural: 'kafkaclusters',
  shortNames: ['kc'],
  description: 'A Samsa cluster: brokers and controllers, their listeners, volumes and settings.',
  spec,
  status,
  columns: [
    { name: 'Ready', type: 'string', path: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Brokers', type: 'integer', path: '.status.readyBrokers' },
    { name: 'Leader', type: 'integer', path: '.status.leader', priority: 1 },
    { name: 'Version', type: 'string', path: '.status.version' },
    {
      name: 'Reason',
      type: 'string',
      path: '.status.conditions[?(@.type=="Ready")].reason',
    },
    { name: 'Age', type: 'date', path: '.metadata.creationTimestamp' },
  ],
})

export type KafkaCluster = ResourceOf<typeof kafkaCluster>
