// Keeps this controller's own entry in the metadata true: tells the active controller where this
// process is reached, again whenever the metadata says otherwise.

import type { Controller } from '@samsa/controller/controller'
import type { MetadataImage } from '@samsa/controller/image'
import { methods } from '@samsa/controller/remote/methods'
import type { ControllerRegistration } from '@samsa/controller/requests'
import { errorOf } from '@samsa/controller/service/refusal'
import type { Timers } from '../clock.ts'
import type { ControllerCaller } from '../peer/controller-caller.ts'
import type { PeerEvents } from '../peer/peer-events.ts'

export interface RegistrarOptions {
  readonly controller: Controller
  readonly registration: ControllerRegistration
  /** The active controller, where that is another node; null while none is known. */
  readonly leader: () => ControllerCaller | null
  readonly timers: Timers
  readonly events: PeerEvents
}

const retryMs = 250
const callTimeoutMs = 2_000

export class Registrar {
  readonly #options: RegistrarOptions
  readonly #unsubscribe: () => void
  #asking = false
  #closed = false
  #retry: { cancel(): void } | null = null

  constructor(options: RegistrarOptions) {
    this.#options = options
    this.#unsubscribe = options.controller.subscribe(() => this.check())
  }

  /** Registers, unless the metadata shows the registration, or one is under way. */
  check(): void {
    const { controller, registration } = this.#options
    const image = controller.image()
    const isTrue = isRegistered(image, registration)
    if (this.#closed || this.#asking || isTrue || image.clusterId === '') return
    this.#asking = true
    this.#ask().catch((error: unknown) => {
      this.#options.events.debug({ error }, 'this controller is not registered yet')
      this.#retry = this.#options.timers.schedule(retryMs, () => this.#again())
    })
  }

  close(): void {
    this.#closed = true
    this.#unsubscribe()
    this.#retry?.cancel()
  }

  #again(): void {
    this.#asking = false
    this.check()
  }

  async #ask(): Promise<void> {
    const { controller, registration, leader } = this.#options
    if (controller.image().controllerId === registration.nodeId) {
      await controller.registerController(registration)
    } else {
      const caller = leader()
      if (caller === null) throw new Error('no active controller is known')
      await register(caller, registration)
    }
    // The record is under way: a change of the metadata is the time to look again.
    this.#asking = false
  }
}

async function register(
  caller: ControllerCaller,
  registration: ControllerRegistration,
): Promise<void> {
  const method = 'registerController'
  const request = { method, arguments: methods[method].arguments.encode([registration]) }
  const answer = await caller.ask(request, { timeoutMs: callTimeoutMs })
  if (answer.refusal !== null) throw errorOf(answer.refusal)
}

function isRegistered(image: MetadataImage, registration: ControllerRegistration): boolean {
  const known = image.controllers.get(registration.nodeId)
  return (
    known?.incarnationId === registration.incarnationId &&
    known.directoryId === registration.directoryId
  )
}
