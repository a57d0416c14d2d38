// Access control entries: the protocol's numbers for their parts, and what is sound. Pure.

export const resourceTypes = {
  ANY: 1,
  TOPIC: 2,
  GROUP: 3,
  CLUSTER: 4,
  TRANSACTIONAL_ID: 5,
  DELEGATION_TOKEN: 6,
  USER: 7,
} as const
export type ResourceType = Exclude<keyof typeof resourceTypes, 'ANY'>

export const operations = {
  ANY: 1,
  ALL: 2,
  READ: 3,
  WRITE: 4,
  CREATE: 5,
  DELETE: 6,
  ALTER: 7,
  DESCRIBE: 8,
  CLUSTER_ACTION: 9,
  DESCRIBE_CONFIGS: 10,
  ALTER_CONFIGS: 11,
  IDEMPOTENT_WRITE: 12,
  CREATE_TOKENS: 13,
  DESCRIBE_TOKENS: 14,
  TWO_PHASE_COMMIT: 15,
} as const
/** In the place of a field of operations: not asked for (KIP-430). */
export const operationsNotAsked = -2_147_483_648
/** What a client does, and an entry allows or denies. */
export type Operation = Exclude<keyof typeof operations, 'ANY' | 'ALL'>

export const patternTypes = { ANY: 1, MATCH: 2, LITERAL: 3, PREFIXED: 4 } as const
export const permissionTypes = { ANY: 1, DENY: 2, ALLOW: 3 } as const

/** The one resource of type CLUSTER. */
export const clusterResource = 'kafka-cluster'
/** As a resource's name every one of its type; as a host every address. */
export const wildcard = '*'
export const wildcardPrincipal = 'User:*'
