// DeleteShareGroupOffsets (key 92): forgets where a share group starts to read topics. KIP-932.

import { message } from '../wire/message.ts'
import { array, field, int16, int32, nullable, string, uuid } from '../wire/types.ts'

export const deleteShareGroupOffsetsRequest = message(
  { name: 'DeleteShareGroupOffsetsRequest', versions: '0', flexible: '0+' },
  {
    groupId: string,
    topics: array({
      topicName: string,
    }),
  },
)

export const deleteShareGroupOffsetsResponse = message(
  { name: 'DeleteShareGroupOffsetsResponse', versions: '0', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    errorMessage: field(nullable(string), { default: null }),
    responses: array({
      topicName: string,
      topicId: uuid,
      errorCode: int16,
      errorMessage: field(nullable(string), { default: null }),
    }),
  },
)
