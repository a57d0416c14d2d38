// What a streams group tells its members besides their tasks: by number in the heartbeat's answer.

export const statusCodes = {
  STALE_TOPOLOGY: 0,
  MISSING_SOURCE_TOPICS: 1,
  INCORRECTLY_PARTITIONED_TOPICS: 2,
  MISSING_INTERNAL_TOPICS: 3,
  SHUTDOWN_APPLICATION: 4,
  ASSIGNMENT_DELAYED: 5,
} as const

export interface Status {
  readonly statusCode: (typeof statusCodes)[keyof typeof statusCodes]
  readonly statusDetail: string
}
