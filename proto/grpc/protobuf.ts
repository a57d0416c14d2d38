// The runtime that the modules in gen/ stand on: protobufjs, with 64-bit integers as numbers that
// are checked. It must be set up before a generated module is loaded, so all of them import this.

import protobuf from 'protobufjs/minimal.js'

type Reader = InstanceType<typeof protobuf.Reader>
type ReadInteger = (this: Reader) => number

// Without its class for long integers the runtime reads and writes numbers.
Object.assign(protobuf.util, { Long: null })
protobuf.configure()

/** Seven bytes of a varint are 49 bits: what is that short fits a number. */
const quickBytes = 7

/** Reads a varint that fits quickly; null, with nothing read, when it may not. */
function readQuick(reader: Reader): number | null {
  const { buf, pos, len } = reader
  const end = Math.min(pos + quickBytes, len)
  let value = 0
  let unit = 1
  for (let at = pos; at < end; at++) {
    const byte = buf[at] ?? 0
    value += (byte & 127) * unit
    if (byte < 128) {
      reader.pos = at + 1
      return value
    }
    unit *= 128
  }
  return null
}

/** A value past 2^53 fails to be read: rounded, it would be another offset. */
function checked(read: ReadInteger): ReadInteger {
  return function readChecked() {
    const value = read.call(this)
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no safe integer`)
    return value
  }
}

const reader = protobuf.Reader.prototype as unknown as Record<string, ReadInteger>
for (const name of ['int64', 'uint64'] as const) {
  const readSlowly = checked(reader[name] as ReadInteger)
  reader[name] = function readInteger() {
    return readQuick(this) ?? readSlowly.call(this)
  }
}
for (const name of ['sint64', 'fixed64', 'sfixed64'] as const) {
  reader[name] = checked(reader[name] as ReadInteger)
}

export { protobuf }
