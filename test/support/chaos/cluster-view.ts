// What a patient client knows of a topic: who leads each partition, in which epoch. Asks all nodes
// for it and takes hints from answers (KIP-951). Never goes back to an older epoch: a node that was
// away may still say what was true before.

import { zeroUuid } from '@samsa/proto/wire/types'
import { connectWithin, within } from './deadline.ts'

export interface NodeAddress {
  readonly id: number
  readonly host: string
  readonly port: number
}

export interface Leader {
  readonly nodeId: number
  readonly epoch: number
}

const askTimeoutMs = 500
const metadataVersion = 12

export class ClusterView {
  readonly topic: string
  readonly #nodes: readonly NodeAddress[]
  readonly #leaders = new Map<number, Leader>()
  #refreshing: Promise<void> | undefined

  constructor(topic: string, nodes: readonly NodeAddress[]) {
    this.topic = topic
    this.#nodes = nodes
  }

  leader(partition: number): Leader | undefined {
    return this.#leaders.get(partition)
  }

  address(nodeId: number): { host: string; port: number } | undefined {
    const node = this.#nodes.find(({ id }) => id === nodeId)
    return node === undefined ? undefined : { host: node.host, port: node.port }
  }

  learn(partition: number, nodeId: number, epoch: number): void {
    const known = this.#leaders.get(partition)
    if (nodeId < 0 || (known !== undefined && known.epoch >= epoch)) return
    this.#leaders.set(partition, { nodeId, epoch })
  }

  /**
   * Asks every node and resolves with the first answer, or when none comes; callers that come
   * meanwhile share it. Never rejects.
   */
  refresh(): Promise<void> {
    this.#refreshing ??= Promise.any(this.#nodes.map((node) => this.#ask(node)))
      .catch(() => {})
      .finally(() => {
        this.#refreshing = undefined
      })
    return this.#refreshing
  }

  async #ask(node: NodeAddress): Promise<void> {
    const client = await connectWithin(node, askTimeoutMs)
    try {
      const request = {
        topics: [{ topicId: zeroUuid, name: this.topic }],
        allowAutoTopicCreation: false,
        includeTopicAuthorizedOperations: false,
      }
      const answer = await within(askTimeoutMs, client.send('metadata', metadataVersion, request))
      for (const { partitionIndex, leaderId, leaderEpoch } of answer.topics[0]?.partitions ?? []) {
        this.learn(partitionIndex, leaderId, leaderEpoch)
      }
    } finally {
      void client.close()
    }
  }
}
