// Makes proto/grpc/gen/descriptors.js: what server reflection tells of the services that anybody
// may call, as descriptors of their .proto files. In a module, so that it is in the bundle.

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'
import descriptor from 'protobufjs/ext/descriptor.js'
import type { GeneratedFile } from './gen-grpc.ts'

const protoDir = join(dirname(dirname(fileURLToPath(import.meta.url))), 'proto/grpc')

/** Our files, under the names that others know them by. */
const publicFiles = [
  ['storage.proto', 'samsa/storage/v1/storage.proto'],
  ['health.proto', 'grpc/health/v1/health.proto'],
  ['reflection.proto', 'grpc/reflection/v1/reflection.proto'],
  ['reflection-v1alpha.proto', 'grpc/reflection/v1alpha/reflection.proto'],
] as const

interface FileDescriptor {
  name: string
  readonly dependency: readonly string[]
}

/** What the descriptor extension adds to a root; its types name it on another class. */
interface WithDescriptor {
  toDescriptor(edition: string): { readonly file: readonly FileDescriptor[] }
}

export async function descriptorFiles(): Promise<GeneratedFile[]> {
  const files: string[] = []
  for (const [file, name] of publicFiles) files.push(await describe(file, name))
  const note = '// Made by `npm run gen` from the public files of proto/grpc: change it there.\n'
  const path = (ending: string) => join(protoDir, 'gen', `descriptors.${ending}`)
  return [
    { path: path('js'), text: `${note}export const descriptors = [\n${files.join('')}]\n` },
    { path: path('d.ts'), text: note + types },
  ]
}

const types = `
export interface FileDescriptor {
  readonly name: string
  /** Full names of its services, methods, messages and enums. */
  readonly symbols: readonly string[]
  /** A google.protobuf.FileDescriptorProto, in base64. */
  readonly base64: string
}
export const descriptors: readonly FileDescriptor[]
`

async function describe(file: string, name: string): Promise<string> {
  const schema = new protobuf.Root()
  await schema.load(join(protoDir, file))
  schema.resolveAll()
  const [made, ...others] = (schema as unknown as WithDescriptor).toDescriptor('proto3').file
  if (made === undefined || others.length > 0 || made.dependency.length > 0) {
    throw new Error(`${file} must stand alone: reflection gives one file for it`)
  }
  made.name = name
  const bytes = descriptor.FileDescriptorProto.encode(made).finish()
  const base64 = Buffer.from(bytes).toString('base64')
  return `  ${JSON.stringify({ name, symbols: symbolsOf(schema), base64 })},\n`
}

function symbolsOf(object: protobuf.ReflectionObject): string[] {
  const isSymbol =
    object instanceof protobuf.Type ||
    object instanceof protobuf.Enum ||
    object instanceof protobuf.Service
  const own = isSymbol ? [object.fullName.slice(1)] : []
  const methods = object instanceof protobuf.Service ? object.methodsArray : []
  const nested = object instanceof protobuf.Namespace ? object.nestedArray : []
  return [
    ...own,
    ...methods.map(({ fullName }) => fullName.slice(1)),
    ...nested.flatMap((each) => symbolsOf(each)),
  ]
}
