// Node pools of a KafkaCluster: nodes that are alike in roles, volumes and resources.

import { integer, list, object, oneOf, opaque, required, text } from './schema.ts'
import { dnsLabel } from './shared.ts'

const volume = object(
  {
    id: required(
      integer({ description: 'Tells the volumes of a node apart.', minimum: 0, maximum: 99 }),
    ),
    size: required(text({ description: 'Such as 100Gi; may grow.', format: 'quantity' })),
    class: text({ description: "StorageClass; the cluster's default when absent." }),
  },
  {
    rules: [
      {
        cel: 'quantity(self.size).compareTo(quantity(oldSelf.size)) >= 0',
        message: 'a volume cannot shrink: add nodes with smaller ones and drain these',
      },
      {
        cel: 'has(self.class) == has(oldSelf.class) && (!has(self.class) || self.class == oldSelf.class)',
        message: 'the class of a volume cannot change: add a pool with the other class',
      },
    ],
  },
)

const nodePool = object(
  {
    name: required(dnsLabel('Part of the names of its pods.', 25)),
    roles: required(
      list(oneOf(['broker', 'controller'], {}), {
        description: 'What its nodes are: brokers, controllers or both.',
        minItems: 1,
        maxItems: 2,
        identity: 'set',
      }),
    ),
    replicas: required(integer({ minimum: 0, maximum: 500 })),
    volumes: required(
      list(volume, {
        description: 'Volumes of each node. The first one holds the metadata log.',
        minItems: 1,
        maxItems: 16,
        identity: { key: 'id' },
      }),
    ),
    resources: opaque({ description: "ResourceRequirements of the node's container." }),
    topologyKey: text({
      description: "Label of Kubernetes' nodes that says the rack.",
      default: 'topology.kubernetes.io/zone',
    }),
    zones: list(text({ maxLength: 63 }), {
      description:
        'Values of topologyKey that its nodes are spread over, each bound to one: its rack.',
      minItems: 1,
      maxItems: 20,
      identity: 'set',
    }),
    template: object({
      pod: opaque({ description: 'Merged over the pod: labels, affinity, tolerations, priority.' }),
      service: opaque({ description: 'Merged over the services of its nodes.' }),
    }),
  },
  {
    rules: [
      {
        cel: 'oldSelf.volumes.all(old, self.volumes.exists(volume, volume.id == old.id))',
        message: 'a volume cannot be taken away from a pool: its records would be lost',
      },
      {
        cel: 'has(self.zones) == has(oldSelf.zones) && (!has(self.zones) || oldSelf.zones.all(zone, zone in self.zones))',
        message:
          'zones can be added to, and not taken away: volumes cannot move. Add a pool instead',
      },
    ],
  },
)

export const nodePools = list(nodePool, {
  description: 'Nodes that are alike, by pool.',
  minItems: 1,
  maxItems: 20,
  identity: { key: 'name' },
})
