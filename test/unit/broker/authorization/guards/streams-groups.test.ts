// Who may join a group of Kafka Streams: who may read the group and see every topic that its
// topology names.

import type { Rights } from '@samsa/broker/authorization/authorizer'
import { streamsGroupHeartbeat } from '@samsa/broker/authorization/guards/streams-groups'
import { emptyImage } from '@samsa/controller/image/draft'
import { apis } from '@samsa/proto/kafka/apis'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { Reader } from '@samsa/proto/wire/reader'
import { Writer } from '@samsa/proto/wire/writer'
import { describe, expect, it } from 'vitest'
import { wordCount } from '../../../../support/streams-member.ts'

const everything = ['READ GROUP g', 'DESCRIBE TOPIC words', 'DESCRIBE TOPIC by-word']
const counts = 'DESCRIBE TOPIC counts'

/** What a caller gets who may do this, and whose topology is the one of counting words. */
function join(allowed: readonly string[], topology: typeof wordCount | null = wordCount) {
  const can: Rights['can'] = (operation, type, name) =>
    allowed.includes(`${operation} ${type} ${name}`)
  const none = () => false
  const rights = { can, canOnCluster: none, canOnAny: none, bits: () => 0 }
  const { request } = apis.streamsGroupHeartbeat
  const writer = new Writer()
  request.encode(
    writer,
    { groupId: 'g', memberId: 'm', memberEpoch: 0, endpointInformationEpoch: 0, topology },
    0,
  )
  const asked = request.decode(new Reader(writer.toBuffer()), 0)
  const guarded = streamsGroupHeartbeat(asked, rights, { apiVersion: 0, image: emptyImage })
  return 'response' in guarded ? guarded.response.errorCode : errorCodes.NONE
}

describe('a heartbeat of a streams group', () => {
  it('is for those who may read the group', () => {
    expect(join([...everything, counts])).toBe(errorCodes.NONE)
    expect(join([...everything.slice(1), counts])).toBe(errorCodes.GROUP_AUTHORIZATION_FAILED)
  })

  it.each(['words', 'by-word', 'counts'])('is not for those who may not see %s', (hidden) => {
    const allowed = [...everything, counts].filter((right) => !right.endsWith(` ${hidden}`))
    expect(join(allowed)).toBe(errorCodes.TOPIC_AUTHORIZATION_FAILED)
  })

  it('is not for those who may not see what is only written', () => {
    const [first, ...others] = wordCount.subtopologies
    if (first === undefined) throw new Error('no subtopology')
    const writes = { ...first, repartitionSinkTopics: ['by-word', 'elsewhere'] }
    const topology = { ...wordCount, subtopologies: [writes, ...others] }
    expect(join([...everything, counts], topology)).toBe(errorCodes.TOPIC_AUTHORIZATION_FAILED)
    expect(join([...everything, counts, 'DESCRIBE TOPIC elsewhere'], topology)).toBe(
      errorCodes.NONE,
    )
  })

  it('needs no topic where it brings no topology', () => {
    expect(join(['READ GROUP g'], null)).toBe(errorCodes.NONE)
  })
})
