// Every message that we have a schema of, in every version: requests, responses, headers, records
// of internal topics. What decodes encodes to something that decodes to the same.

import { isDeepStrictEqual } from 'node:util'
import { DecodeError } from '@samsa/proto/wire/errors'
import { messageElementsMax, textBytesMax } from '@samsa/proto/wire/limits'
import { Reader } from '@samsa/proto/wire/reader'
import { Writer } from '@samsa/proto/wire/writer'
import { allMessages, loadVectors } from '../../support/vectors.ts'
import { mutate } from '../engine/mutate.ts'
import { BrokenPromiseError, mayRefuse, type Target } from '../engine/target.ts'
import { dictionary } from '../generate/dictionary.ts'
import { generate } from '../generate/from-schema.ts'

/** In front of the message: which one, and its version. */
const prefixBytes = 3

export const messages: Target = {
  name: 'messages',
  shortRuns: 1_000,
  async open() {
    const schemas = [...allMessages().values()]
    const indexOf = new Map(schemas.map(({ name }, index) => [name, index]))
    const vectors = loadVectors().vectors.filter(({ message }) => indexOf.has(message))
    return {
      make(random) {
        if (random.chance(0.5)) {
          const vector = random.pick(vectors)
          const bytes = random.chance(0.95) ? mutate(random, vector.bytes) : vector.bytes
          return prefixed(indexOf.get(vector.message) ?? 0, vector.version, bytes)
        }
        const index = random.integer(0, schemas.length - 1)
        const schema = schemas[index] ?? random.pick(schemas)
        const version = random.integer(schema.versions.min, schema.versions.max)
        const bytes = generate(random, schema, version, dictionary)
        return prefixed(index, version, random.chance(0.7) ? mutate(random, bytes) : bytes)
      },
      run(input) {
        if (input.length < prefixBytes) return
        const schema = schemas[input.readUInt16BE(0)]
        const version = input.readUInt8(2)
        mayRefuse([DecodeError], () => {
          const value = schema?.decode(readerOf(input), version)
          if (schema === undefined) return
          const writer = new Writer()
          schema.encode(writer, value, version)
          const again = schema.decode(new Reader(writer.toBuffer()), version)
          if (isDeepStrictEqual(again, value)) return
          throw new BrokenPromiseError(`${schema.name} v${version} is another after encoding`)
        })
      },
      close: () => Promise.resolve(),
    }
  },
}

/** As of a request: its texts are short enough for every version. */
function readerOf(input: Buffer): Reader {
  return new Reader(input, prefixBytes, input.length, messageElementsMax, textBytesMax)
}

function prefixed(index: number, version: number, bytes: Buffer): Buffer {
  const prefix = Buffer.alloc(prefixBytes)
  prefix.writeUInt16BE(index)
  prefix.writeUInt8(version, 2)
  return Buffer.concat([prefix, bytes])
}
