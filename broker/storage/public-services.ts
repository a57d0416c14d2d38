// What a broker's gRPC server has for everybody: the storage API, health and reflection, made and
// closed together.

import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'
import type { NodeCredentials } from '@samsa/proto/grpc/credentials'
import type { Services } from '../services.ts'
import { HealthService, healthDefinition } from './health.ts'
import {
  reflectionDefinition,
  reflectionHandlers,
  reflectionV1AlphaDefinition,
} from './reflection.ts'
import { StorageService, storageDefinition } from './storage-service.ts'

/** The broker's gRPC server, as far as it is needed here. */
export interface ServiceHost {
  addPublic(methods: ServiceDefinition, handlers: UntypedServiceImplementation): void
}

export interface PublicServicesOptions {
  readonly services: Services
  /** For questions to other brokers. */
  readonly credentials: NodeCredentials
  /** Whether the node serves: what /readyz says. */
  readonly isReady: () => boolean
  /** Told of errors that no caller is to blame for. */
  readonly onFault: (error: unknown) => void
}

const storageName = 'samsa.storage.v1.Storage'
const healthName = 'grpc.health.v1.Health'
const reflectionNames = [
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
]

export class PublicServices {
  readonly #storage: StorageService
  readonly #health: HealthService
  /** Nobody logs in here, so that there is no storage API where rights are asked for. */
  readonly #isOpen: boolean

  constructor({ services, credentials, isReady, onFault }: PublicServicesOptions) {
    this.#isOpen = services.authorizer() === null
    this.#storage = new StorageService({ services, credentials, onFault })
    this.#health = new HealthService({
      services: [storageName],
      isReady,
      timers: services.timers,
    })
  }

  addTo(host: ServiceHost): void {
    if (this.#isOpen) host.addPublic(storageDefinition, this.#storage.handlers())
    host.addPublic(healthDefinition, this.#health.handlers())
    const names = [...(this.#isOpen ? [storageName] : []), healthName, ...reflectionNames]
    const reflection = reflectionHandlers(names)
    host.addPublic(reflectionDefinition, reflection)
    host.addPublic(reflectionV1AlphaDefinition, reflection)
  }

  /** Ends what is open, before the server is closed: callers go elsewhere at once. */
  close(): void {
    this.#health.close()
    this.#storage.close()
  }
}
