// Producer ids: blocks of them are handed to brokers, each id once in the life of the cluster
// (KIP-730).

import { checkedEpoch } from './broker-epoch.ts'
import type { Decision } from './decision.ts'
import { ControllerError, MetadataRecordError } from './errors.ts'
import type { MetadataDraft } from './image/draft.ts'
import type { BrokerId, MetadataImage } from './image.ts'
import { producerIdBlockSize, producerIdMax } from './limits.ts'
import type { RecordOf } from './records/record.ts'
import type { ProducerIdBlock } from './requests.ts'

export function allocateProducerIds(
  image: MetadataImage,
  brokerId: BrokerId,
  epoch: number,
): Decision<ProducerIdBlock> {
  checkedEpoch(image, brokerId, epoch)
  const first = image.nextProducerId
  const count = producerIdBlockSize
  if (first > producerIdMax - count) {
    throw new ControllerError(
      'UNKNOWN_SERVER_ERROR',
      'Exhausted all producerIds as the next block would exceed the largest id.',
    )
  }
  return {
    records: [{ type: 'producerIds', brokerId, brokerEpoch: epoch, nextProducerId: first + count }],
    response: { first, count },
  }
}

export function replayProducerIds(draft: MetadataDraft, record: RecordOf<'producerIds'>): void {
  if (record.nextProducerId < draft.nextProducerId) {
    throw new MetadataRecordError(
      `producer ids go back from ${draft.nextProducerId} to ${record.nextProducerId}`,
    )
  }
  draft.nextProducerId = record.nextProducerId
}
