// Bounds on what clients can make the group coordinator hold. Kafka bounds only the size of a group
// (group.max.size) and of an offset's metadata; a hostile client could fill a broker with the rest.

/** Groups of one partition of `__consumer_offsets`. A group without offsets costs about 1 KiB. */
export const groupsPerPartitionMax = 50_000

/**
 * Members of one group, whatever group.max.size says. At 100 bytes a member such a group no longer
 * fits a batch.
 */
export const membersPerGroupMax = 50_000

/**
 * Member ids handed out (KIP-394) and not yet used, by group. The oldest makes room for the newest.
 */
export const pendingMembersMax = 5_000

/**
 * Names and metadata of all protocols of one member. The chosen one of all members must fit one
 * batch of `__consumer_offsets` (1 MiB by default), so a group of larger ones could not be stored
 * anyway.
 */
export const memberProtocolsBytesMax = 4 * 1024 * 1024

/** Group ids, member ids, instance ids and client ids: what the records' int16 length can say. */
export const identifierBytesMax = 0x7fff

/**
 * How long a new member without a known id may wait for its first JoinGroup answer, as in Kafka: it
 * cannot send heartbeats meanwhile.
 */
export const newMemberJoinTimeoutMs = 300_000

/**
 * How long a rebalance waits for a member whose connection closed while its JoinGroup was waiting.
 * Long enough to connect again, short against the session timeout that Kafka lets pass.
 */
export const abandonedJoinGraceMs = 3_000

/**
 * Bytes of the assignments that one SyncGroup may bring. A record of half of it does not fit a
 * batch by default; past it nothing is even tried.
 */
export const assignmentsBytesMax = 8 * 1024 * 1024

/** Partitions in one OffsetCommit. By default a batch holds about 8,000 commits. */
export const partitionsPerCommitMax = 50_000
