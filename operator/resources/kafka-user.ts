// KafkaUser: one principal of a cluster: its credentials in a Secret, its ACLs and its quotas.

import { defineResource, type ResourceOf } from './resource.ts'
import { flag, integer, list, object, oneOf, required, text } from './schema.ts'
import { conditions, observedGeneration, secretKey } from './shared.ts'

const authentication = object(
  {
    type: required(
      oneOf(['scram-sha-512', 'scram-sha-256', 'tls'], {
        description: 'How the user proves who it is.',
      }),
    ),
    password: object(
      { valueFrom: required(secretKey('The Secret that holds the password.')) },
      { description: 'A given password; one is made, and kept, when absent.' },
    ),
    validityDays: integer({ description: 'Of a tls certificate.', minimum: 1, maximum: 3650 }),
    renewalDays: integer({
      description: 'Days before its end at which a certificate is renewed.',
      minimum: 1,
      maximum: 3650,
    }),
  },
  {
    rules: [
      {
        cel: "self.type != 'tls' || !has(self.password)",
        message: 'password is for scram-sha-256 and scram-sha-512: a tls user has a certificate',
      },
      {
        cel: "self.type == 'tls' || (!has(self.validityDays) && !has(self.renewalDays))",
        message: 'validityDays and renewalDays are for tls: a password does not expire',
      },
      {
        cel: '!has(self.validityDays) || !has(self.renewalDays) || self.renewalDays < self.validityDays',
        message: 'renewalDays must be below validityDays',
      },
    ],
  },
)

const acl = object(
  {
    resource: required(
      object(
        {
          type: required(oneOf(['topic', 'group', 'cluster', 'transactionalId'], {})),
          name: text({ maxLength: 249 }),
          patternType: oneOf(['literal', 'prefix'], { default: 'literal' }),
        },
        {
          rules: [
            {
              cel: "self.type == 'cluster' || has(self.name)",
              message: 'name is required for a topic, a group and a transactionalId',
            },
          ],
        },
      ),
    ),
    operations: required(
      list(
        oneOf(
          [
            'All',
            'Read',
            'Write',
            'Create',
            'Delete',
            'Alter',
            'Describe',
            'ClusterAction',
            'DescribeConfigs',
            'AlterConfigs',
            'IdempotentWrite',
          ],
          {},
        ),
        { minItems: 1, maxItems: 11, identity: 'set' },
      ),
    ),
    type: oneOf(['allow', 'deny'], { default: 'allow' }),
    host: text({ default: '*' }),
  },
  { description: 'One right, or its denial.' },
)

const quotas = object(
  {
    producerByteRate: integer({ bits: 64, minimum: 1, description: 'Bytes per second.' }),
    consumerByteRate: integer({ bits: 64, minimum: 1, description: 'Bytes per second.' }),
    requestPercentage: integer({ minimum: 1, maximum: 10_000 }),
    controllerMutationRate: integer({ minimum: 1, description: 'Partitions per second.' }),
  },
  { description: 'Limits of the user on each broker.' },
)

const spec = object(
  {
    clusterRef: required(
      object(
        {
          name: required(text({ description: 'Name of the KafkaCluster.', minLength: 1 })),
          namespace: text({
            description: 'Its namespace; that of the user when absent. The cluster must allow it.',
          }),
        },
        {
          rules: [{ cel: 'self == oldSelf', message: 'a user cannot move to another cluster' }],
        },
      ),
    ),
    authentication,
    superUser: flag({ description: 'May do everything.', default: false }),
    acls: list(acl, { description: 'The rights of the user.', maxItems: 200 }),
    quotas,
    secretName: text({ description: "Name of the user's Secret; the user's own when absent." }),
  },
  {
    rules: [
      {
        cel: 'has(self.secretName) == has(oldSelf.secretName) && (!has(self.secretName) || self.secretName == oldSelf.secretName)',
        message: 'secretName cannot change: applications read it',
      },
    ],
  },
)

const status = object({
  observedGeneration,
  conditions,
  username: text({ description: "The principal's name." }),
  secretName: text({}),
  certificateNotAfter: text({ format: 'date-time' }),
})

export const kafkaUser = defineResource({
  kind: 'KafkaUser',
  plural: 'kafkausers',
  shortNames: ['kus'],
  description: 'A user of a Samsa cluster.',
  spec,
  status,
  columns: [
    { name: 'Cluster', type: 'string', path: '.spec.clusterRef.name' },
    { name: 'Authentication', type: 'string', path: '.spec.authentication.type' },
    { name: 'Ready', type: 'string', path: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Age', type: 'date', path: '.metadata.creationTimestamp' },
  ],
})

export type KafkaUser = ResourceOf<typeof kafkaUser>
