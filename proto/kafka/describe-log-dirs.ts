// DescribeLogDirs (key 35): the log directories of a broker and the replicas in them. KIP-113,
// KIP-784 top-level error (v3), KIP-827 size of the volume (v4), cordoned directories (v5).

import { message } from '../wire/message.ts'
import { array, boolean, field, int16, int32, int64, nullable, string } from '../wire/types.ts'

export const describeLogDirsRequest = message(
  { name: 'DescribeLogDirsRequest', versions: '1-5', flexible: '2+' },
  {
    topics: nullable(
      array({
        topic: string,
        partitions: array(int32),
      }),
    ),
  },
)

export const describeLogDirsResponse = message(
  { name: 'DescribeLogDirsResponse', versions: '1-5', flexible: '2+' },
  {
    throttleTimeMs: field(int32),
    errorCode: field(int16, { since: 3, ignorable: true }),
    results: array({
      errorCode: int16,
      logDir: string,
      topics: array({
        name: string,
        partitions: array({
          partitionIndex: int32,
          partitionSize: int64,
          offsetLag: int64,
          isFutureKey: boolean,
        }),
      }),
      totalBytes: field(int64, { since: 4, default: -1, ignorable: true }),
      usableBytes: field(int64, { since: 4, default: -1, ignorable: true }),
      isCordoned: field(boolean, { since: 5, ignorable: true }),
    }),
  },
)
