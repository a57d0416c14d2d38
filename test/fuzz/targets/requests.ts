// Requests to a real node, over a socket, by the path that all requests take: every API that is
// served, in every version. Each is answered by something that decodes, or its connection closes;
// nothing is logged as unexpected, and the node lives on.

import { connect, type Socket } from 'node:net'
import { handlers } from '@samsa/broker/handlers/registry'
import { type ApiName, apis } from '@samsa/proto/kafka/apis'
import {
  requestHeader,
  requestHeaderVersion,
  responseHeader,
  responseHeaderVersion,
} from '@samsa/proto/kafka/headers'
import { Reader } from '@samsa/proto/wire/reader'
import { Writer } from '@samsa/proto/wire/writer'
import type { Random } from '../../simulation/shared/random.ts'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { loadVectors } from '../../support/vectors.ts'
import { mutate } from '../engine/mutate.ts'
import { BrokenPromiseError, type OpenTarget, type Target } from '../engine/target.ts'
import { dictionary, groupName, topicName } from '../generate/dictionary.ts'
import { generate } from '../generate/from-schema.ts'

const correlationId = 0x1234_5678
/** A request may be one that waits, such as a fetch: its connection is given up. */
const patienceMs = 40
/** What admins asked for piles up (topics, groups, quotas), and may in the end refuse everybody. */
const inputsPerNode = 4_000
const byKey: ReadonlyMap<number, (typeof apis)[ApiName]> = new Map(
  Object.values(apis).map((api) => [api.key, api]),
)
const served = handlers.map(({ api }) => apis[api])

export const requests: Target = {
  name: 'requests',
  shortRuns: 400,
  // Topics of hundreds of partitions may be asked for, and are made.
  limits: { cpuMsMax: 1_500 },
  open: async () => {
    const target = new Requests()
    await target.renew()
    return target
  },
}

class Requests implements OpenTarget {
  readonly #seeds = loadVectors().vectors.filter(({ message }) => message.endsWith('Request'))
  readonly #errors: unknown[] = []
  #node: TestNode | null = null
  #socket: Socket | null = null
  #uuids: readonly string[] = dictionary.uuids
  #inputs = 0

  async renew(): Promise<void> {
    await this.close()
    const remember = (fields: object, message: string) =>
      this.#errors.push('error' in fields ? fields.error : new Error(message))
    this.#node = await startTestNode([], { events: { error: remember } })
    const client = await this.#node.connect()
    const topic = { name: topicName, numPartitions: 2, replicationFactor: 1 }
    const { topics } = await client.send('createTopics', 7, {
      topics: [{ ...topic, assignments: [], configs: [] }],
      timeoutMs: 5_000,
    })
    await client.send('findCoordinator', 4, { coordinatorKeys: [groupName] })
    const id = topics[0]?.topicId
    this.#uuids = id === undefined ? dictionary.uuids : [id, id, ...dictionary.uuids]
    this.#inputs = 0
  }

  make(random: Random): Buffer {
    const api = random.pick(served)
    const version = random.integer(api.request.versions.min, api.request.versions.max)
    const header = headerOf(random, api.key, version)
    const known = { ...dictionary, uuids: this.#uuids }
    const vectors = this.#seeds.filter(
      (vector) => vector.message === api.request.name && vector.version === version,
    )
    const isVector = vectors.length > 0 && random.chance(0.3)
    const body = isVector
      ? random.pick(vectors).bytes
      : generate(random, api.request, version, known)
    const frame = Buffer.concat([header, random.chance(0.5) ? mutate(random, body) : body])
    return random.chance(0.05) ? mutate(random, frame) : frame
  }

  async run(frame: Buffer): Promise<void> {
    if (++this.#inputs > inputsPerNode) await this.renew()
    const answer = await this.#exchange(frame)
    const error = this.#errors.splice(0)[0]
    if (error !== undefined) {
      throw new BrokenPromiseError(`${nameOf(frame)} failed unexpectedly`, { cause: error })
    }
    if (answer !== null) checkAnswer(frame, answer)
  }

  /** The answer without its size; null when there is none, or the connection was closed. */
  #exchange(frame: Buffer): Promise<Buffer | null> {
    const socket = this.#connection()
    return new Promise((resolve) => {
      let received: Buffer = Buffer.alloc(0)
      const end = (answer: Buffer | null) => {
        clearTimeout(timer)
        socket.removeAllListeners('data').removeAllListeners('close')
        if (answer === null) {
          this.#socket = null
          socket.destroy()
        }
        resolve(answer)
      }
      const timer = setTimeout(() => end(null), patienceMs)
      socket.once('close', () => end(null))
      socket.on('data', (bytes) => {
        received = Buffer.concat([received, bytes])
        const size = received.length < 4 ? Number.POSITIVE_INFINITY : received.readInt32BE(0)
        if (received.length >= 4 + size) end(received.subarray(4, 4 + size))
      })
      const size = Buffer.alloc(4)
      size.writeInt32BE(frame.length)
      socket.write(Buffer.concat([size, frame]))
    })
  }

  #connection(): Socket {
    if (this.#socket === null || this.#socket.destroyed) {
      this.#socket = connect(this.#node?.port ?? 0, '127.0.0.1')
      this.#socket.setNoDelay(true)
      this.#socket.on('error', () => {})
    }
    return this.#socket
  }

  async close(): Promise<void> {
    this.#socket?.destroy()
    this.#socket = null
    await this.#node?.close()
    this.#node = null
  }
}

function headerOf(random: Random, key: number, version: number): Buffer {
  const api = byKey.get(key)
  const writer = new Writer()
  const fields = {
    requestApiKey: key,
    requestApiVersion: version,
    correlationId,
    clientId: random.chance(0.1) ? null : random.pick(['fuzz', '', '__proto__', 'x'.repeat(300)]),
  }
  const headerVersion = api === undefined ? 1 : requestHeaderVersion(api.request, version)
  requestHeader.encode(writer, fields, headerVersion)
  return writer.toBuffer()
}

function nameOf(frame: Buffer): string {
  if (frame.length < 4) return 'a frame without a header'
  return `${byKey.get(frame.readInt16BE(0))?.name} version ${frame.readInt16BE(2)}`
}

function checkAnswer(frame: Buffer, answer: Buffer): void {
  const api = byKey.get(frame.length < 8 ? -1 : frame.readInt16BE(0))
  const version = frame.length < 8 ? -1 : frame.readInt16BE(2)
  if (api === undefined) throw new BrokenPromiseError('a frame without an API was answered')
  const reader = new Reader(answer)
  const { min, max } = api.request.versions
  // ApiVersions of a version that nobody knows is answered in version 0 (KIP-511).
  const spoken = version < min || version > max ? 0 : version
  const header = responseHeader.decode(reader, responseHeaderVersion(api.key, api.response, spoken))
  if (header.correlationId !== frame.readInt32BE(4)) {
    throw new BrokenPromiseError('the answer is to another request')
  }
  api.response.decode(reader, spoken)
  if (reader.remaining > 0) throw new BrokenPromiseError(`${reader.remaining} bytes too many`)
}
