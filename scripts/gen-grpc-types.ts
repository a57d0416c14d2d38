// The types of a .proto file's messages, and its services: what gen-grpc.ts puts beside
// protobufjs's code. For a message M there are M, as it is read, and MInit, as it is written; for a
// service S there are S, which grpc-js takes, and SHandlers.

import protobuf from 'protobufjs'

export interface ModuleTypes {
  /** The declarations. */
  readonly types: string
  /** The exports of the module. */
  readonly values: string
}

export function typesOf(schema: protobuf.Root, file: string): ModuleTypes {
  const { messages, enums, services } = definitionsOf(schema)
  const types = [
    "import type * as grpc from '@grpc/grpc-js'\n",
    "import type { Codec, Method } from '../service.ts'\n",
    ...enums.map(enumType),
    ...messages.map(messageTypes),
    ...services.map(serviceTypes),
  ]
  const values = [
    ...[...messages, ...enums].map((one) => `export const ${nameOf(one)} = $root${one.fullName}\n`),
    ...services.map(serviceValue),
  ]
  if (types.length === 2) throw new Error(`${file}.proto defines nothing`)
  return { types: types.join(''), values: values.join('') }
}

interface Definitions {
  readonly messages: protobuf.Type[]
  readonly enums: protobuf.Enum[]
  readonly services: protobuf.Service[]
}

function definitionsOf(schema: protobuf.Root): Definitions {
  const found: Definitions = { messages: [], enums: [], services: [] }
  const visit = (object: protobuf.ReflectionObject): void => {
    if (object instanceof protobuf.Type) found.messages.push(object)
    else if (object instanceof protobuf.Enum) found.enums.push(object)
    else if (object instanceof protobuf.Service) found.services.push(object)
    if (object instanceof protobuf.Namespace) for (const each of object.nestedArray) visit(each)
  }
  visit(schema)
  return found
}

/** A message within another has both names. */
function nameOf(object: protobuf.ReflectionObject): string {
  const { parent } = object
  return parent instanceof protobuf.Type ? `${nameOf(parent)}${object.name}` : object.name
}

function comment(text: string | null, indent: string): string {
  if (text === null || text === '') return ''
  const lines = text.split('\n')
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`
}

function enumType(of: protobuf.Enum): string {
  const values = Object.entries(of.values).map(([name, value]) => `  readonly ${name}: ${value}\n`)
  return `\n${comment(of.comment, '')}export const ${nameOf(of)}: {\n${values.join('')}}\n`
}

const scalars: Readonly<Record<string, { readonly read: string; readonly written: string }>> = {
  bool: { read: 'boolean', written: 'boolean' },
  string: { read: 'string', written: 'string' },
  bytes: { read: 'Buffer', written: 'Uint8Array' },
}
const aNumber = { read: 'number', written: 'number' }

function single(field: protobuf.Field): { readonly read: string; readonly written: string } {
  const { resolvedType } = field
  if (field.map) throw new Error(`${field.fullName} is a map: use a repeated message`)
  if (resolvedType instanceof protobuf.Type) {
    return { read: nameOf(resolvedType), written: `${nameOf(resolvedType)}Init` }
  }
  return scalars[field.type] ?? aNumber
}

/** Whether it can be seen that the field was not there; then it is null. */
function mayBeAbsent(field: protobuf.Field): boolean {
  if (field.repeated) return false
  return field.partOf !== null || field.resolvedType instanceof protobuf.Type
}

function readType(field: protobuf.Field): string {
  const { read } = single(field)
  return field.repeated ? `${read}[]` : mayBeAbsent(field) ? `${read} | null` : read
}

function writtenType(field: protobuf.Field): string {
  const { written } = single(field)
  return field.repeated ? `readonly ${written}[] | null` : `${written} | null`
}

function messageTypes(of: protobuf.Type): string {
  const name = nameOf(of)
  const unions = of.oneofsArray.filter((one) => !one.isProto3Optional)
  const inUnion = new Set(unions.flatMap(({ fieldsArray }) => fieldsArray))
  const plain = of.fieldsArray.filter((field) => !inUnion.has(field))
  const read = plain.map(
    (field) => `${comment(field.comment, '  ')}  ${field.name}: ${readType(field)}\n`,
  )
  const written = of.fieldsArray.map(
    (field) => `${comment(field.comment, '  ')}  readonly ${field.name}?: ${writtenType(field)}\n`,
  )
  const parts = [`{\n${read.join('')}}`, ...unions.map(unionType)]
  return `
${comment(of.comment, '')}export type ${name} = ${parts.join(' & ')}
export interface ${name}Init {
${written.join('')}}
export const ${name}: Codec<${name}Init, ${name}>
`
}

/** One case for each field, and one where there is none. */
function unionType(of: protobuf.OneOf): string {
  const cases = [null, ...of.fieldsArray].map((chosen) => {
    const fields = of.fieldsArray.map(
      (field) => `${field.name}: ${field === chosen ? single(field).read : 'null'}`,
    )
    const tag = chosen === null ? 'undefined' : `'${chosen.name}'`
    return `  | { ${of.name}: ${tag}; ${fields.join('; ')} }\n`
  })
  return `(\n${cases.join('')})`
}

function messageOf(type: protobuf.Type | null): string {
  if (type === null) throw new Error('a method without its types')
  return nameOf(type)
}

function serviceTypes(of: protobuf.Service): string {
  const methods = of.methodsArray.map((method) => {
    const request = messageOf(method.resolvedRequestType)
    const response = messageOf(method.resolvedResponseType)
    const kind = `handle${callKind(method)}Call`
    const name = keyOf(method)
    return {
      method: `${comment(method.comment, '  ')}  readonly ${name}: Method<${request}Init, ${request}, ${response}Init, ${response}>\n`,
      handler: `  ${name}: grpc.${kind}<${request}, ${response}Init>\n`,
    }
  })
  return `
${comment(of.comment, '')}export const ${of.name}: {
${methods.map(({ method }) => method).join('')}}
export type ${of.name}Handlers = {
${methods.map(({ handler }) => handler).join('')}}
`
}

function callKind({ requestStream, responseStream }: protobuf.Method): string {
  if (requestStream === true) return responseStream === true ? 'BidiStreaming' : 'ClientStreaming'
  return responseStream === true ? 'ServerStreaming' : 'Unary'
}

/** As grpc-js names them. */
function keyOf({ name }: protobuf.Method): string {
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}`
}

function serviceValue(of: protobuf.Service): string {
  const methods = of.methodsArray.map((method) => {
    const { requestStream = false, responseStream = false } = method
    const fields = [
      `path: '/${of.fullName.slice(1)}/${method.name}'`,
      `request: ${messageOf(method.resolvedRequestType)}`,
      `response: ${messageOf(method.resolvedResponseType)}`,
      `requestStream: ${requestStream}`,
      `responseStream: ${responseStream}`,
    ]
    return `  ${keyOf(method)}: defineMethod({ ${fields.join(', ')} }),\n`
  })
  return `export const ${of.name} = {\n${methods.join('')}}\n`
}
