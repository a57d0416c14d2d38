// One client's way to the coordinator of a transactional id or a group: looked up at any node,
// asked, and looked up anew whenever an answer says so or none comes.

import { errorByCode } from '@samsa/proto/kafka/errors'
import type { KafkaClient } from '../kafka-client.ts'
import type { NodeAddress } from './cluster-view.ts'
import { connectWithin, within } from './deadline.ts'

export const coordinatorOf = { group: 0, transaction: 1 } as const

const connectMs = 500
const lookUpMs = 1_000

export class CoordinatorLink {
  readonly #nodes: readonly NodeAddress[]
  readonly #keyType: number
  readonly #key: string
  readonly #answerMs: number
  #client: KafkaClient | undefined
  #turn = 0

  constructor(
    nodes: readonly NodeAddress[],
    kind: keyof typeof coordinatorOf,
    { key, answerMs }: { readonly key: string; readonly answerMs: number },
  ) {
    this.#nodes = nodes
    this.#keyType = coordinatorOf[kind]
    this.#key = key
    this.#answerMs = answerMs
  }

  /** One request. Any failure closes the connection, so that the next one looks again. */
  async ask<T>(request: (client: KafkaClient) => Promise<T>): Promise<T> {
    try {
      this.#client ??= await this.#connect()
      return await within(this.#answerMs, request(this.#client))
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** The coordinator is to be looked up before the next request. */
  close(): void {
    void this.#client?.close()
    this.#client = undefined
  }

  async #connect(): Promise<KafkaClient> {
    const asked = this.#nodes[this.#turn++ % this.#nodes.length]
    if (asked === undefined) throw new Error('there are no nodes')
    const client = await connectWithin(asked, connectMs)
    try {
      const { coordinators } = await within(
        lookUpMs,
        client.send('findCoordinator', 4, { keyType: this.#keyType, coordinatorKeys: [this.#key] }),
      )
      const [found] = coordinators
      if (found === undefined) throw new Error('no coordinator in the answer')
      if (found.errorCode !== 0) throw new Error(errorByCode(found.errorCode).name)
      return await connectWithin(found, connectMs)
    } finally {
      void client.close()
    }
  }
}
