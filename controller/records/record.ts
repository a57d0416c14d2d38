// A metadata record as a value and as bytes: [frame version][type][version][body], the first three
// unsigned varints as in KRaft. What a later version of the software wrote is refused by a typed
// error, never skipped: a node that does not understand the metadata must not serve by it.

import { DecodeError } from '@samsa/proto/wire/errors'
import { type Decoded, type Encodable } from '@samsa/proto/wire/message'
import { Reader } from '@samsa/proto/wire/reader'
import { Writer } from '@samsa/proto/wire/writer'
import { MetadataRecordError } from '../errors.ts'
import { recordTypes } from './records.ts'

export type RecordType = keyof typeof recordTypes

type Schema<T extends RecordType> = (typeof recordTypes)[T]['schema']

/** A record as it is replayed: every field present. */
export type RecordOf<T extends RecordType> = { readonly type: T } & Readonly<Decoded<Schema<T>>>
export type MetadataRecord = { [T in RecordType]: RecordOf<T> }[RecordType]

/** A record as it is decided: fields that have a default may be left out. */
export type NewRecord = {
  [T in RecordType]: { readonly type: T } & Encodable<Schema<T>>
}[RecordType]

interface AnySchema {
  readonly versions: { readonly min: number; readonly max: number }
  decode(reader: Reader, version: number): object
  encode(writer: Writer, value: unknown, version: number): void
}

const frameVersion = 1
/** Most records take 60 to 120 bytes; a larger one grows its buffer. */
const recordBytesUsual = 128

const schemas: Readonly<Record<RecordType, { id: number; schema: AnySchema }>> = recordTypes
const typesById = new Map(
  (Object.keys(recordTypes) as RecordType[]).map((type) => [schemas[type].id, type]),
)

export function encodeRecord(record: NewRecord): Buffer {
  const { id, schema } = schemas[record.type]
  const version = schema.versions.max
  const writer = new Writer(recordBytesUsual)
  writer.unsignedVarint(frameVersion)
  writer.unsignedVarint(id)
  writer.unsignedVarint(version)
  schema.encode(writer, record, version)
  return writer.toBuffer()
}

export function decodeRecord(bytes: Buffer): MetadataRecord {
  try {
    return decode(new Reader(bytes))
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new MetadataRecordError(`a metadata record is damaged: ${error.message}`, {
      cause: error,
    })
  }
}

function decode(reader: Reader): MetadataRecord {
  const frame = reader.unsignedVarint()
  if (frame !== frameVersion) throw newerSoftware(`metadata record frame version ${frame}`)
  const id = reader.unsignedVarint()
  const version = reader.unsignedVarint()
  const type = typesById.get(id)
  if (type === undefined) throw newerSoftware(`metadata record type ${id}`)
  const { schema } = schemas[type]
  if (version > schema.versions.max) {
    throw newerSoftware(`version ${version} of metadata record '${type}'`)
  }
  const fields = schema.decode(reader, version)
  if (reader.remaining > 0) reader.fail(`${reader.remaining} bytes after a '${type}' record`)
  return Object.assign(fields, { type }) as MetadataRecord
}

function newerSoftware(what: string): MetadataRecordError {
  return new MetadataRecordError(
    `${what} is not known here: a newer version of Samsa wrote this metadata log and is needed to read it`,
  )
}
