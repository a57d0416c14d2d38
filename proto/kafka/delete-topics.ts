// DeleteTopics (key 20): deletes topics by name or by id. KIP-599 throttling (v5), KIP-516 topic
// ids (v6).

import { message } from '../wire/message.ts'
import { array, field, int16, int32, nullable, string, uuid } from '../wire/types.ts'

export const deleteTopicsRequest = message(
  { name: 'DeleteTopicsRequest', versions: '1-6', flexible: '4+' },
  {
    // Each by name or, with a null name, by id.
    topics: field(
      array({
        name: field(nullable(string), { default: null }),
        topicId: uuid,
      }),
      { since: 6 },
    ),
    topicNames: field(array(string), { until: 5, ignorable: true }),
    timeoutMs: int32,
  },
)

export const deleteTopicsResponse = message(
  { name: 'DeleteTopicsResponse', versions: '1-6', flexible: '4+' },
  {
    throttleTimeMs: field(int32),
    responses: array({
      name: nullable(string, { since: 6 }),
      topicId: field(uuid, { since: 6, ignorable: true }),
      errorCode: int16,
      errorMessage: field(nullable(string), { since: 5, default: null, ignorable: true }),
    }),
  },
)
