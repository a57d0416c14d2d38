// AlterReplicaLogDirs (key 34): moves replicas between the log directories of one broker. KIP-113.

import { message } from '../wire/message.ts'
import { array, field, int16, int32, string } from '../wire/types.ts'

export const alterReplicaLogDirsRequest = message(
  { name: 'AlterReplicaLogDirsRequest', versions: '1-2', flexible: '2+' },
  {
    dirs: array({
      path: string,
      topics: array({
        name: string,
        partitions: array(int32),
      }),
    }),
  },
)

export const alterReplicaLogDirsResponse = message(
  { name: 'AlterReplicaLogDirsResponse', versions: '1-2', flexible: '2+' },
  {
    throttleTimeMs: field(int32),
    results: array({
      topicName: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
      }),
    }),
  },
)
