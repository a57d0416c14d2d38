// The epoch of a broker's registration tells its present process from those before: requests of an
// earlier one are refused.

import { ControllerError } from './errors.ts'
import type { BrokerId, BrokerImage, MetadataImage } from './image.ts'

/** The broker, if the caller is the process that holds its registration. */
export function checkedEpoch(image: MetadataImage, brokerId: BrokerId, epoch: number): BrokerImage {
  const broker = image.brokers.get(brokerId)
  if (broker?.epoch === epoch) return broker
  throw new ControllerError(
    'STALE_BROKER_EPOCH',
    broker === undefined
      ? `No broker registration found for broker id ${brokerId}`
      : `Expected broker epoch ${broker.epoch}, but got broker epoch ${epoch}`,
  )
}
