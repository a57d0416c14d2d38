// Kafka's error codes as of 4.3.1: number, name, whether a client may retry, and a sentence for
// people. The numbers and names are the protocol's; the sentences are ours and may go to clients as
// error messages. Retriable means what Kafka's own clients take it to mean: the same request may
// succeed later.

interface ErrorRow
  extends Readonly<[code: number, name: string, retriable: boolean, text: string]> {}

const rows = [
  [-1, 'UNKNOWN_SERVER_ERROR', false, 'The server failed in a way it did not expect.'],
  [0, 'NONE', false, 'No error.'],
  [1, 'OFFSET_OUT_OF_RANGE', false, 'The log does not hold the offset asked for.'],
  [2, 'CORRUPT_MESSAGE', true, 'The records are damaged: wrong checksum, size or form.'],
  [3, 'UNKNOWN_TOPIC_OR_PARTITION', true, 'This server does not know the topic or partition.'],
  [4, 'INVALID_FETCH_SIZE', false, 'The fetch size asked for is not valid.'],
  [5, 'LEADER_NOT_AVAILABLE', true, 'The partition has no leader at the moment.'],
  [6, 'NOT_LEADER_OR_FOLLOWER', true, 'This broker is not the replica that the request needs.'],
  [7, 'REQUEST_TIMED_OUT', true, 'The request was not completed in time.'],
  [8, 'BROKER_NOT_AVAILABLE', false, 'The broker is not available.'],
  [9, 'REPLICA_NOT_AVAILABLE', true, 'The replica is not available on this broker.'],
  [10, 'MESSAGE_TOO_LARGE', false, 'A record batch is larger than the topic accepts.'],
  [11, 'STALE_CONTROLLER_EPOCH', false, 'Another controller has taken over.'],
  [12, 'OFFSET_METADATA_TOO_LARGE', false, 'The metadata given with an offset is too long.'],
  [13, 'NETWORK_EXCEPTION', true, 'The connection ended before an answer came.'],
  [14, 'COORDINATOR_LOAD_IN_PROGRESS', true, 'The coordinator is still loading its state.'],
  [15, 'COORDINATOR_NOT_AVAILABLE', true, 'No coordinator is available.'],
  [16, 'NOT_COORDINATOR', true, 'This broker is not the coordinator asked for.'],
  [17, 'INVALID_TOPIC_EXCEPTION', false, 'The topic name or the operation on it is not valid.'],
  [18, 'RECORD_LIST_TOO_LARGE', false, 'The record batch is larger than a log segment.'],
  [19, 'NOT_ENOUGH_REPLICAS', true, 'Too few replicas are in sync to accept records.'],
  [
    20,
    'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
    true,
    'The records were appended, but fewer replicas than required hold them.',
  ],
  [21, 'INVALID_REQUIRED_ACKS', false, 'The acks of a produce request must be -1, 0 or 1.'],
  [22, 'ILLEGAL_GENERATION', false, 'The generation is not the current one of the group.'],
  [
    23,
    'INCONSISTENT_GROUP_PROTOCOL',
    false,
    'The member shares no protocol with the group, or names none.',
  ],
  [24, 'INVALID_GROUP_ID', false, 'The group id is not valid.'],
  [25, 'UNKNOWN_MEMBER_ID', false, 'The coordinator does not know this member.'],
  [26, 'INVALID_SESSION_TIMEOUT', false, 'The session timeout is outside the allowed range.'],
  [27, 'REBALANCE_IN_PROGRESS', false, 'The group is rebalancing; the member must rejoin.'],
  [28, 'INVALID_COMMIT_OFFSET_SIZE', false, 'The offset commit is too large to be stored.'],
  [29, 'TOPIC_AUTHORIZATION_FAILED', false, 'Not authorized for the topic.'],
  [30, 'GROUP_AUTHORIZATION_FAILED', false, 'Not authorized for the group.'],
  [31, 'CLUSTER_AUTHORIZATION_FAILED', false, 'Not authorized for the cluster.'],
  [32, 'INVALID_TIMESTAMP', false, 'The timestamp of a record is outside the accepted range.'],
  [33, 'UNSUPPORTED_SASL_MECHANISM', false, 'The SASL mechanism is not enabled on this listener.'],
  [34, 'ILLEGAL_SASL_STATE', false, 'The request does not fit the state of the SASL exchange.'],
  [35, 'UNSUPPORTED_VERSION', false, 'The version of the request is not supported.'],
  [36, 'TOPIC_ALREADY_EXISTS', false, 'A topic of this name exists already.'],
  [37, 'INVALID_PARTITIONS', false, 'The number of partitions is not valid.'],
  [
    38,
    'INVALID_REPLICATION_FACTOR',
    false,
    'The replication factor is below 1 or above the number of brokers.',
  ],
  [39, 'INVALID_REPLICA_ASSIGNMENT', false, 'The assignment of replicas is not valid.'],
  [40, 'INVALID_CONFIG', false, 'The configuration is not valid.'],
  [41, 'NOT_CONTROLLER', true, 'This node is not the active controller.'],
  [42, 'INVALID_REQUEST', false, 'The request is malformed or contradicts itself.'],
  [
    43,
    'UNSUPPORTED_FOR_MESSAGE_FORMAT',
    false,
    'The format that the records are stored in does not support the request.',
  ],
  [44, 'POLICY_VIOLATION', false, 'A policy of the cluster forbids the request.'],
  [45, 'OUT_OF_ORDER_SEQUENCE_NUMBER', false, 'The sequence number is not the next expected one.'],
  [46, 'DUPLICATE_SEQUENCE_NUMBER', false, 'The sequence number was used before.'],
  [47, 'INVALID_PRODUCER_EPOCH', false, 'The producer epoch is older than the current one.'],
  [48, 'INVALID_TXN_STATE', false, 'The transaction is in a state that forbids the operation.'],
  [
    49,
    'INVALID_PRODUCER_ID_MAPPING',
    false,
    'The producer id does not belong to the transactional id.',
  ],
  [
    50,
    'INVALID_TRANSACTION_TIMEOUT',
    false,
    'The transaction timeout is not positive or above transaction.max.timeout.ms.',
  ],
  [
    51,
    'CONCURRENT_TRANSACTIONS',
    true,
    'Another operation on the same transaction has not finished yet.',
  ],
  [
    52,
    'TRANSACTION_COORDINATOR_FENCED',
    false,
    'A newer transaction coordinator has replaced the one that wrote the marker.',
  ],
  [53, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', false, 'Not authorized for the transactional id.'],
  [54, 'SECURITY_DISABLED', false, 'Security is not enabled on this cluster.'],
  [55, 'OPERATION_NOT_ATTEMPTED', false, 'Not tried, because an operation beside it failed.'],
  [56, 'KAFKA_STORAGE_ERROR', true, 'The log could not be read or written on disk.'],
  [57, 'LOG_DIR_NOT_FOUND', false, 'The log directory is not one of this broker.'],
  [58, 'SASL_AUTHENTICATION_FAILED', false, 'Authentication failed.'],
  [59, 'UNKNOWN_PRODUCER_ID', false, 'The broker holds no state for the producer id any more.'],
  [60, 'REASSIGNMENT_IN_PROGRESS', false, 'The partition is being reassigned.'],
  [61, 'DELEGATION_TOKEN_AUTH_DISABLED', false, 'Delegation tokens are not enabled.'],
  [62, 'DELEGATION_TOKEN_NOT_FOUND', false, 'There is no such delegation token.'],
  [63, 'DELEGATION_TOKEN_OWNER_MISMATCH', false, 'Neither owner nor renewer of the token.'],
  [
    64,
    'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED',
    false,
    'This kind of connection may not ask for delegation tokens.',
  ],
  [65, 'DELEGATION_TOKEN_AUTHORIZATION_FAILED', false, 'Not authorized for the delegation token.'],
  [66, 'DELEGATION_TOKEN_EXPIRED', false, 'The delegation token has expired.'],
  [67, 'INVALID_PRINCIPAL_TYPE', false, 'The type of the principal is not supported.'],
  [68, 'NON_EMPTY_GROUP', false, 'The group still has members.'],
  [69, 'GROUP_ID_NOT_FOUND', false, 'There is no such group.'],
  [70, 'FETCH_SESSION_ID_NOT_FOUND', true, 'There is no such fetch session.'],
  [71, 'INVALID_FETCH_SESSION_EPOCH', true, 'The epoch is not the next one of the fetch session.'],
  [72, 'LISTENER_NOT_FOUND', true, 'The leader has no listener of the name that was asked on.'],
  [73, 'TOPIC_DELETION_DISABLED', false, 'Topics may not be deleted here.'],
  [74, 'FENCED_LEADER_EPOCH', true, 'The leader epoch in the request is an old one.'],
  [75, 'UNKNOWN_LEADER_EPOCH', true, 'The leader epoch in the request is not known here yet.'],
  [76, 'UNSUPPORTED_COMPRESSION_TYPE', false, 'The version cannot carry this compression type.'],
  [77, 'STALE_BROKER_EPOCH', false, 'The broker has registered again since.'],
  [
    78,
    'OFFSET_NOT_AVAILABLE',
    true,
    'The new leader does not know yet how far the log is committed.',
  ],
  [79, 'MEMBER_ID_REQUIRED', false, 'The member must join again with the id it was given.'],
  [80, 'PREFERRED_LEADER_NOT_AVAILABLE', true, 'The preferred leader is not available.'],
  [81, 'GROUP_MAX_SIZE_REACHED', false, 'The group has as many members as it may have.'],
  [82, 'FENCED_INSTANCE_ID', false, 'Another member has taken over this group instance id.'],
  [83, 'ELIGIBLE_LEADERS_NOT_AVAILABLE', true, 'No replica that may lead is available.'],
  [84, 'ELECTION_NOT_NEEDED', true, 'The partition has the leader it should have.'],
  [85, 'NO_REASSIGNMENT_IN_PROGRESS', false, 'The partition is not being reassigned.'],
  [
    86,
    'GROUP_SUBSCRIBED_TO_TOPIC',
    false,
    'The group is subscribed to the topic, so its offsets cannot be deleted.',
  ],
  [87, 'INVALID_RECORD', false, 'A record breaks a rule of the topic.'],
  [88, 'UNSTABLE_OFFSET_COMMIT', true, 'A transaction that commits offsets has not ended yet.'],
  [89, 'THROTTLING_QUOTA_EXCEEDED', true, 'A quota is used up for now.'],
  [90, 'PRODUCER_FENCED', false, 'A newer producer uses the same transactional id.'],
  [91, 'RESOURCE_NOT_FOUND', false, 'There is no such resource.'],
  [92, 'DUPLICATE_RESOURCE', false, 'The request names the same resource twice.'],
  [93, 'UNACCEPTABLE_CREDENTIAL', false, 'The credential does not meet the rules.'],
  [94, 'INCONSISTENT_VOTER_SET', false, 'Sender and receiver do not agree on the voters.'],
  [95, 'INVALID_UPDATE_VERSION', false, 'The version asked for cannot be set.'],
  [96, 'FEATURE_UPDATE_FAILED', false, 'The features could not be updated.'],
  [97, 'PRINCIPAL_DESERIALIZATION_FAILURE', false, 'The forwarded principal cannot be read.'],
  [98, 'SNAPSHOT_NOT_FOUND', false, 'There is no such snapshot.'],
  [99, 'POSITION_OUT_OF_RANGE', false, 'The position is outside the snapshot.'],
  [100, 'UNKNOWN_TOPIC_ID', true, 'This server does not know the topic id.'],
  [101, 'DUPLICATE_BROKER_REGISTRATION', false, 'The broker id is in use by a live broker.'],
  [102, 'BROKER_ID_NOT_REGISTERED', false, 'No broker is registered with this id.'],
  [103, 'INCONSISTENT_TOPIC_ID', true, 'The topic id is not the one that the log has.'],
  [104, 'INCONSISTENT_CLUSTER_ID', false, 'The request is meant for another cluster.'],
  [105, 'TRANSACTIONAL_ID_NOT_FOUND', false, 'There is no such transactional id.'],
  [106, 'FETCH_SESSION_TOPIC_ID_ERROR', true, 'The fetch session mixes topic ids and names.'],
  [107, 'INELIGIBLE_REPLICA', false, 'A replica named for the ISR may not be in it.'],
  [108, 'NEW_LEADER_ELECTED', false, 'The change was made and gave the partition a new leader.'],
  [109, 'OFFSET_MOVED_TO_TIERED_STORAGE', false, 'The offset is only in tiered storage.'],
  [110, 'FENCED_MEMBER_EPOCH', false, 'The member was fenced: it must give up all and rejoin.'],
  [111, 'UNRELEASED_INSTANCE_ID', false, 'Another member still holds the group instance id.'],
  [112, 'UNSUPPORTED_ASSIGNOR', false, 'The group does not support the assignor.'],
  [113, 'STALE_MEMBER_EPOCH', false, 'The member epoch is old; retry after the next heartbeat.'],
  [114, 'MISMATCHED_ENDPOINT_TYPE', false, 'The request was sent to the wrong kind of node.'],
  [115, 'UNSUPPORTED_ENDPOINT_TYPE', false, 'This kind of endpoint is not supported.'],
  [116, 'UNKNOWN_CONTROLLER_ID', false, 'There is no controller with this id.'],
  [117, 'UNKNOWN_SUBSCRIPTION_ID', false, 'The telemetry subscription is unknown or old.'],
  [118, 'TELEMETRY_TOO_LARGE', false, 'The telemetry is larger than the broker accepts.'],
  [119, 'INVALID_REGISTRATION', false, 'The controller refuses the registration.'],
  [
    120,
    'TRANSACTION_ABORTABLE',
    false,
    'The transaction cannot go on; abort it and the transactional id stays usable.',
  ],
  [121, 'INVALID_RECORD_STATE', false, 'The state of the record does not allow acknowledging it.'],
  [122, 'SHARE_SESSION_NOT_FOUND', true, 'There is no such share session.'],
  [123, 'INVALID_SHARE_SESSION_EPOCH', true, 'The epoch is not the next one of the share session.'],
  [124, 'FENCED_STATE_EPOCH', false, 'The state epoch of the share group does not match.'],
  [125, 'INVALID_VOTER_KEY', false, 'The key of the voter is not that of the receiver.'],
  [126, 'DUPLICATE_VOTER', false, 'The voter is in the set already.'],
  [127, 'VOTER_NOT_FOUND', false, 'The voter is not in the set.'],
  [128, 'INVALID_REGULAR_EXPRESSION', false, 'The regular expression is not valid.'],
  [129, 'REBOOTSTRAP_REQUIRED', false, 'The metadata of the client is too old: bootstrap again.'],
  [130, 'STREAMS_INVALID_TOPOLOGY', false, 'The topology is not valid.'],
  [131, 'STREAMS_INVALID_TOPOLOGY_EPOCH', false, 'The topology epoch is not valid.'],
  [132, 'STREAMS_TOPOLOGY_FENCED', false, 'The topology epoch is an old one.'],
  [133, 'SHARE_SESSION_LIMIT_REACHED', true, 'There are as many share sessions as may be.'],
] as const satisfies readonly ErrorRow[]

type Row = (typeof rows)[number]
export type KafkaErrorName = Row[1]
export type KafkaErrorCode = Row[0]

export interface KafkaErrorInfo {
  readonly code: KafkaErrorCode
  readonly name: KafkaErrorName
  readonly retriable: boolean
  readonly text: string
}

/** The number of each error by its name. */
export const errorCodes = Object.fromEntries(rows.map(([code, name]) => [name, code])) as {
  readonly [R in Row as R[1]]: R[0]
}

/** Every error, in the order of the codes. */
export const errors: readonly KafkaErrorInfo[] = rows.map(([code, name, retriable, text]) => ({
  code,
  name,
  retriable,
  text,
}))

const byCode = new Map<number, KafkaErrorInfo>(errors.map((info) => [info.code, info]))
const unknownError: KafkaErrorInfo = {
  code: -1,
  name: 'UNKNOWN_SERVER_ERROR',
  retriable: false,
  text: 'The server failed in a way it did not expect.',
}

/** What is known of a code. One that is not in the table counts as UNKNOWN_SERVER_ERROR. */
export function errorByCode(code: number): KafkaErrorInfo {
  return byCode.get(code) ?? unknownError
}

export function errorByName(name: KafkaErrorName): KafkaErrorInfo {
  return errorByCode(errorCodes[name])
}
