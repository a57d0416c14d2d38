// The operations that a principal may do on a resource, as the bit field of KIP-430. Without an
// authorizer that is everything the kind of resource has; asked for or not, it is the same for all.

/** Not asked for. */
export const operationsNotAsked = -2_147_483_648

/** Kafka's codes of operations; each is the number of its bit. */
const operations = {
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
} as const

type Operation = keyof typeof operations

function bits(...names: Operation[]): number {
  return names.reduce((field, name) => field | (1 << operations[name]), 0)
}

export const allTopicOperations = bits(
  'read',
  'write',
  'create',
  'delete',
  'alter',
  'describe',
  'describeConfigs',
  'alterConfigs',
)

export const allClusterOperations = bits(
  'create',
  'alter',
  'describe',
  'clusterAction',
  'describeConfigs',
  'alterConfigs',
  'idempotentWrite',
)

export const allGroupOperations = bits(
  'read',
  'delete',
  'describe',
  'describeConfigs',
  'alterConfigs',
)
