// The messages between nodes and of the storage API, by every generated decoder, and by ours: those
// of Raft, the appends, requests and answers of the controller.

import { decodeAppend, decodeStreamAppends } from '@samsa/broker/storage/append-decoding'
import { batchOfRecords } from '@samsa/broker/storage/records-to-batch'
import { methods } from '@samsa/controller/remote/methods'
import * as schemas from '@samsa/controller/remote/schemas'
import * as controller from '@samsa/proto/grpc/gen/controller'
import * as health from '@samsa/proto/grpc/gen/health'
import * as raft from '@samsa/proto/grpc/gen/raft'
import * as reflection from '@samsa/proto/grpc/gen/reflection'
import * as replication from '@samsa/proto/grpc/gen/replication'
import * as status from '@samsa/proto/grpc/gen/status'
import * as storage from '@samsa/proto/grpc/gen/storage'
import * as transactions from '@samsa/proto/grpc/gen/transactions'
import { DecodeError } from '@samsa/proto/wire/errors'
import type { Reader } from '@samsa/proto/wire/reader'
import { fromWire } from '@samsa/raft/grpc/wire'
import { mutate } from '../engine/mutate.ts'
import { BrokenPromiseError, mayRefuse, type Target } from '../engine/target.ts'
import { dictionary } from '../generate/dictionary.ts'
import { generate } from '../generate/from-schema.ts'
import { protobufMessage } from '../generate/protobuf.ts'

interface GrpcCodec {
  encode(value: unknown): { finish(): Uint8Array }
  decode(bytes: Uint8Array): unknown
}

const files = [controller, health, raft, reflection, replication, status, storage, transactions]
const generated = files.flatMap((file) => Object.values(file).filter(isCodec))

function isCodec(value: unknown): value is GrpcCodec {
  return typeof (value as Partial<GrpcCodec>).decode === 'function'
}

const rules = { batchBytesMax: 1 << 20, nowMs: 1_700_000_000_000 }
const remote = Object.values(methods)

/** Ways to read, of which an input takes one: by its first two bytes. */
const readers: readonly ((bytes: Buffer) => unknown)[] = [
  ...generated.map((codec) => (bytes: Buffer) => codec.encode(codec.decode(bytes)).finish()),
  (bytes) => fromWire(raft.PeerMessage.decode(bytes)),
  decodeAppend,
  decodeStreamAppends,
  (bytes) => batchOfRecords(bytes, rules),
  ...remote.map((codec) => (bytes: Buffer) => onlyDecodeError(() => codec.arguments.decode(bytes))),
  ...remote.map((codec) => (bytes: Buffer) => onlyDecodeError(() => codec.result.decode(bytes))),
]

const context = { version: 0, flexible: true }
const remoteTypes = Object.values(schemas).map((type) => ({
  decode: (reader: Reader) => type.codec(context).read(reader),
}))

export const grpcMessages: Target = {
  name: 'grpc-messages',
  shortRuns: 1_000,
  async open() {
    return {
      make(random) {
        const bytes = random.chance(0.6)
          ? protobufMessage(random)
          : generate(random, random.pick(remoteTypes), 0, dictionary)
        const reader = Buffer.from([0, random.integer(0, readers.length - 1)])
        return Buffer.concat([reader, random.chance(0.5) ? mutate(random, bytes) : bytes])
      },
      run(input) {
        if (input.length < 2) return
        const read = readers[input.readUInt16BE(0) % readers.length]
        mayRefuseSoundly(() => read?.(input.subarray(2)))
      },
      close: () => Promise.resolve(),
    }
  },
}

/**
 * Generated code refuses by plain errors; those that tell of a mistake are none of them. Text that
 * is no UTF-8 is refused by a TypeError of the platform's.
 */
function mayRefuseSoundly(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    const isText = (error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
    const isMistake = !isText && (error instanceof TypeError || error instanceof ReferenceError)
    const isTooDeep = error instanceof RangeError && /call stack/.test(error.message)
    const isOurs = error instanceof BrokenPromiseError
    if (isMistake || isTooDeep || isOurs) throw error
  }
}

/** What crosses between controllers is refused by that error alone. */
function onlyDecodeError(read: () => unknown): void {
  try {
    mayRefuse([DecodeError], read)
  } catch (error) {
    throw new BrokenPromiseError('refused by another error than DecodeError', { cause: error })
  }
}
