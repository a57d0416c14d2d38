// Controllers tell where they are reached.

import { registerController } from '@samsa/controller/controllers'
import { emptyImage } from '@samsa/controller/image/draft'
import { encodedSnapshot, imageOfSnapshot } from '@samsa/controller/image/snapshot'
import type { ControllerRegistration } from '@samsa/controller/requests'
import { describe, expect, it } from 'vitest'
import { applied, directoryOf } from '../../support/controller/controllers.ts'

const given: ControllerRegistration = {
  nodeId: 3,
  directoryId: directoryOf(3),
  incarnationId: 'process'.padEnd(22, 'A'),
  endpoints: [{ listener: 'CONTROLLER', host: 'c3', port: 9093, securityProtocol: 'SSL' }],
}

describe('the registration of a controller', () => {
  const image = applied(emptyImage, registerController(emptyImage, given).records)

  it('is in the image, and in a snapshot of it', () => {
    const { nodeId: id, ...rest } = given
    expect([...image.controllers]).toEqual([[3, { id, ...rest }]])
    const copy = imageOfSnapshot(encodedSnapshot(image), image.offset, -1)
    expect(copy.controllers.get(3)).toEqual(image.controllers.get(3))
  })

  it('is written again only where something changed', () => {
    expect(registerController(image, given).records).toEqual([])
    const moved = { ...given, directoryId: directoryOf(4) }
    const after = applied(image, registerController(image, moved).records)
    expect(after.controllers.get(3)?.directoryId).toBe(directoryOf(4))
  })

  it('is refused for an id that is none', () => {
    expect(() => registerController(image, { ...given, nodeId: -1 })).toThrow('negative')
  })
})
