// Listeners of a KafkaCluster: the doors that clients come in by.

import { flag, integer, list, map, object, oneOf, required, text } from './schema.ts'

const broker = object({
  nodeId: required(integer({ minimum: 0, maximum: 2_147_483_647 })),
  advertisedHost: text({}),
  advertisedPort: integer({ minimum: 1, maximum: 65_535 }),
  nodePort: integer({ minimum: 1, maximum: 65_535 }),
})

const listener = object(
  {
    name: required(text({ pattern: '^[a-z][a-z0-9]*$', minLength: 1, maxLength: 11 })),
    port: required(integer({ minimum: 9092, maximum: 19_091 })),
    type: required(
      oneOf(['internal', 'nodeport', 'loadbalancer', 'cluster-ip'], {
        description: 'From where brokers are reached by it.',
      }),
    ),
    tls: flag({ default: false }),
    authentication: object({
      type: required(oneOf(['none', 'tls', 'scram-sha-256', 'scram-sha-512'], {})),
    }),
    bootstrap: object({
      nodePort: integer({ minimum: 1, maximum: 65_535 }),
      alternativeNames: list(text({}), { maxItems: 20, identity: 'set' }),
    }),
    brokers: list(broker, { maxItems: 500, identity: { key: 'nodeId' } }),
    advertisedHostTemplate: text({ description: '{nodeId} stands for the id of the node.' }),
    annotations: map(text({ maxLength: 1000 }), {
      description: 'For its services, as external DNS and load balancers want them.',
      maxEntries: 30,
    }),
    externalTrafficPolicy: oneOf(['Cluster', 'Local'], {}),
    sourceRanges: list(text({ maxLength: 64 }), { maxItems: 50, identity: 'set' }),
  },
  {
    rules: [
      {
        cel: "!has(self.authentication) || self.authentication.type != 'tls' || self.tls",
        message: 'authentication by tls needs tls: true',
      },
      {
        cel: "self.type == 'nodeport' || !has(self.bootstrap) || !has(self.bootstrap.nodePort)",
        message: 'bootstrap.nodePort is for listeners of type nodeport',
      },
    ],
  },
)

export const listeners = list(listener, {
  description: 'The doors that clients come in by.',
  minItems: 1,
  maxItems: 20,
  identity: { key: 'name' },
  rules: [
    {
      cel: 'self.all(one, self.filter(other, other.port == one.port).size() == 1)',
      message: 'two listeners cannot have the same port',
    },
  ],
})
