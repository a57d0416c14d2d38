// Controllers: each process of the quorum tells where it is reached, so that brokers and other
// controllers find it. Who votes is the quorum's own knowledge and not decided here.

import type { Decision } from './decision.ts'
import { endpointFields, endpointOf } from './endpoints.ts'
import { ControllerError } from './errors.ts'
import type { MetadataDraft } from './image/draft.ts'
import type { ControllerImage, MetadataImage } from './image.ts'
import type { NewRecord, RecordOf } from './records/record.ts'
import type { ControllerRegistration } from './requests.ts'

export function registerController(
  image: MetadataImage,
  registration: ControllerRegistration,
): Decision<void> {
  const { nodeId, directoryId, incarnationId, endpoints } = registration
  if (nodeId < 0) {
    throw new ControllerError(
      'INVALID_REGISTRATION',
      `A controller id cannot be negative, but it is ${nodeId}.`,
    )
  }
  const record = controllerRecord({ id: nodeId, directoryId, incarnationId, endpoints })
  // Said again after a change of leaders, most of the time: nothing new.
  const known = image.controllers.get(nodeId)
  const repeated =
    known !== undefined && JSON.stringify(controllerRecord(known)) === JSON.stringify(record)
  return { records: repeated ? [] : [record], response: undefined }
}

/** The record that makes the controller what it is; snapshots use it too. */
export function controllerRecord(controller: ControllerImage): NewRecord {
  return {
    type: 'registerController',
    controllerId: controller.id,
    incarnationId: controller.incarnationId,
    endpoints: controller.endpoints.map(endpointFields),
    features: [],
    directoryId: controller.directoryId,
  }
}

export function replayRegisterController(
  draft: MetadataDraft,
  record: RecordOf<'registerController'>,
): void {
  draft.controllers.set(record.controllerId, {
    id: record.controllerId,
    directoryId: record.directoryId,
    incarnationId: record.incarnationId,
    endpoints: record.endpoints.map(endpointOf),
  })
}
