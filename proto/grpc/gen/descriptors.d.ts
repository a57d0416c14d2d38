// Made by `npm run gen` from the public files of proto/grpc: change it there.

export interface FileDescriptor {
  readonly name: string
  /** Full names of its services, methods, messages and enums. */
  readonly symbols: readonly string[]
  /** A google.protobuf.FileDescriptorProto, in base64. */
  readonly base64: string
}
export const descriptors: readonly FileDescriptor[]
