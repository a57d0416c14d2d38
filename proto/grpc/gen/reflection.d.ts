// Made by `npm run gen` from proto/grpc/reflection.proto: change it there.
import type * as grpc from '@grpc/grpc-js'
import type { Codec, Method } from '../service.ts'

export type ServerReflectionRequest = {
  host: string
} & (
  | { messageRequest: undefined; fileByFilename: null; fileContainingSymbol: null; fileContainingExtension: null; allExtensionNumbersOfType: null; listServices: null }
  | { messageRequest: 'fileByFilename'; fileByFilename: string; fileContainingSymbol: null; fileContainingExtension: null; allExtensionNumbersOfType: null; listServices: null }
  | { messageRequest: 'fileContainingSymbol'; fileByFilename: null; fileContainingSymbol: string; fileContainingExtension: null; allExtensionNumbersOfType: null; listServices: null }
  | { messageRequest: 'fileContainingExtension'; fileByFilename: null; fileContainingSymbol: null; fileContainingExtension: ExtensionRequest; allExtensionNumbersOfType: null; listServices: null }
  | { messageRequest: 'allExtensionNumbersOfType'; fileByFilename: null; fileContainingSymbol: null; fileContainingExtension: null; allExtensionNumbersOfType: string; listServices: null }
  | { messageRequest: 'listServices'; fileByFilename: null; fileContainingSymbol: null; fileContainingExtension: null; allExtensionNumbersOfType: null; listServices: string }
)
export interface ServerReflectionRequestInit {
  readonly host?: string | null
  readonly fileByFilename?: string | null
  readonly fileContainingSymbol?: string | null
  readonly fileContainingExtension?: ExtensionRequestInit | null
  readonly allExtensionNumbersOfType?: string | null
  readonly listServices?: string | null
}
export const ServerReflectionRequest: Codec<ServerReflectionRequestInit, ServerReflectionRequest>

export type ExtensionRequest = {
  containingType: string
  extensionNumber: number
}
export interface ExtensionRequestInit {
  readonly containingType?: string | null
  readonly extensionNumber?: number | null
}
export const ExtensionRequest: Codec<ExtensionRequestInit, ExtensionRequest>

export type ServerReflectionResponse = {
  validHost: string
  originalRequest: ServerReflectionRequest | null
} & (
  | { messageResponse: undefined; fileDescriptorResponse: null; allExtensionNumbersResponse: null; listServicesResponse: null; errorResponse: null }
  | { messageResponse: 'fileDescriptorResponse'; fileDescriptorResponse: FileDescriptorResponse; allExtensionNumbersResponse: null; listServicesResponse: null; errorResponse: null }
  | { messageResponse: 'allExtensionNumbersResponse'; fileDescriptorResponse: null; allExtensionNumbersResponse: ExtensionNumberResponse; listServicesResponse: null; errorResponse: null }
  | { messageResponse: 'listServicesResponse'; fileDescriptorResponse: null; allExtensionNumbersResponse: null; listServicesResponse: ListServiceResponse; errorResponse: null }
  | { messageResponse: 'errorResponse'; fileDescriptorResponse: null; allExtensionNumbersResponse: null; listServicesResponse: null; errorResponse: ErrorResponse }
)
export interface ServerReflectionResponseInit {
  readonly validHost?: string | null
  readonly originalRequest?: ServerReflectionRequestInit | null
  readonly fileDescriptorResponse?: FileDescriptorResponseInit | null
  readonly allExtensionNumbersResponse?: ExtensionNumberResponseInit | null
  readonly listServicesResponse?: ListServiceResponseInit | null
  readonly errorResponse?: ErrorResponseInit | null
}
export const ServerReflectionResponse: Codec<ServerReflectionResponseInit, ServerReflectionResponse>

export type FileDescriptorResponse = {
  fileDescriptorProto: Buffer[]
}
export interface FileDescriptorResponseInit {
  readonly fileDescriptorProto?: readonly Uint8Array[] | null
}
export const FileDescriptorResponse: Codec<FileDescriptorResponseInit, FileDescriptorResponse>

export type ExtensionNumberResponse = {
  baseTypeName: string
  extensionNumber: number[]
}
export interface ExtensionNumberResponseInit {
  readonly baseTypeName?: string | null
  readonly extensionNumber?: readonly number[] | null
}
export const ExtensionNumberResponse: Codec<ExtensionNumberResponseInit, ExtensionNumberResponse>

export type ListServiceResponse = {
  service: ServiceResponse[]
}
export interface ListServiceResponseInit {
  readonly service?: readonly ServiceResponseInit[] | null
}
export const ListServiceResponse: Codec<ListServiceResponseInit, ListServiceResponse>

export type ServiceResponse = {
  name: string
}
export interface ServiceResponseInit {
  readonly name?: string | null
}
export const ServiceResponse: Codec<ServiceResponseInit, ServiceResponse>

export type ErrorResponse = {
  errorCode: number
  errorMessage: string
}
export interface ErrorResponseInit {
  readonly errorCode?: number | null
  readonly errorMessage?: string | null
}
export const ErrorResponse: Codec<ErrorResponseInit, ErrorResponse>

export const ServerReflection: {
  readonly serverReflectionInfo: Method<ServerReflectionRequestInit, ServerReflectionRequest, ServerReflectionResponseInit, ServerReflectionResponse>
}
export type ServerReflectionHandlers = {
  serverReflectionInfo: grpc.handleBidiStreamingCall<ServerReflectionRequest, ServerReflectionResponseInit>
}
