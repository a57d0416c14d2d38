// Server reflection, v1 and v1alpha: what is served here, and its .proto files as descriptors, for
// grpcurl and its like. What it tells is generated into a module, so that it is in the bundle too.

import type { ServerDuplexStream, UntypedServiceImplementation } from '@grpc/grpc-js'
import { descriptors, type FileDescriptor } from '@samsa/proto/grpc/gen/descriptors'
import {
  ServerReflection,
  ServerReflectionRequest,
  type ServerReflectionResponseInit,
} from '@samsa/proto/grpc/gen/reflection'
import { status } from '@samsa/proto/grpc/status-codes'
import { statusOf } from './failure.ts'
import { type Malformed, plainDecoder, wellFormed } from './request-decoding.ts'

type Call = ServerDuplexStream<ServerReflectionRequest | Malformed, ServerReflectionResponseInit>
type Answer = Omit<ServerReflectionResponseInit, 'validHost' | 'originalRequest'>

const { serverReflectionInfo } = ServerReflection
const requestDeserialize = plainDecoder(ServerReflectionRequest)

export const reflectionDefinition = {
  serverReflectionInfo: { ...serverReflectionInfo, requestDeserialize },
}
/** The messages are the same. */
export const reflectionV1AlphaDefinition = {
  serverReflectionInfo: {
    ...reflectionDefinition.serverReflectionInfo,
    path: serverReflectionInfo.path.replace('.v1.', '.v1alpha.'),
  },
}

const bySymbol: ReadonlyMap<string, FileDescriptor> = new Map(
  descriptors.flatMap((file) => file.symbols.map((symbol) => [symbol, file] as const)),
)
const byName: ReadonlyMap<string, FileDescriptor> = new Map(
  descriptors.map((file) => [file.name, file] as const),
)

/** `services`: full names of those that the server has. */
export function reflectionHandlers(services: readonly string[]): UntypedServiceImplementation {
  return {
    serverReflectionInfo: (call: Call) => {
      call.on('data', (request: ServerReflectionRequest | Malformed) => {
        try {
          const originalRequest = wellFormed(request)
          const { host: validHost } = originalRequest
          // A caller that asks on without taking answers waits.
          const goesOn = call.write({
            validHost,
            originalRequest,
            ...answer(originalRequest, services),
          })
          if (goesOn) return
          call.pause()
          call.once('drain', () => call.resume())
        } catch (error) {
          call.emit('error', statusOf(error))
        }
      })
      call.on('end', () => call.end())
    },
  }
}

function answer(request: ServerReflectionRequest, services: readonly string[]): Answer {
  switch (request.messageRequest) {
    case 'listServices':
      return { listServicesResponse: { service: services.map((name) => ({ name })) } }
    case 'fileByFilename':
      return fileAnswer(byName.get(request.fileByFilename), request.fileByFilename)
    case 'fileContainingSymbol':
      return fileAnswer(bySymbol.get(request.fileContainingSymbol), request.fileContainingSymbol)
    case 'allExtensionNumbersOfType':
      return bySymbol.has(request.allExtensionNumbersOfType)
        ? {
            allExtensionNumbersResponse: {
              baseTypeName: request.allExtensionNumbersOfType,
              extensionNumber: [],
            },
          }
        : notFound(request.allExtensionNumbersOfType)
    case 'fileContainingExtension':
      return notFound('an extension: there are none')
    default:
      return error(status.INVALID_ARGUMENT, 'nothing is asked for')
  }
}

function fileAnswer(file: FileDescriptor | undefined, name: string): Answer {
  if (file === undefined) return notFound(name)
  const fileDescriptorProto = [Buffer.from(file.base64, 'base64')]
  return { fileDescriptorResponse: { fileDescriptorProto } }
}

function notFound(what: string): Answer {
  return error(status.NOT_FOUND, `not found: ${what}`)
}

function error(errorCode: number, errorMessage: string): Answer {
  return { errorResponse: { errorCode, errorMessage } }
}
