// What the harness itself asks of the cluster: makes topics, finds leaders, moves replicas. Asks
// the nodes in turn until one answers without error or the patience is over.

import { errorByCode, errorCodes } from '@samsa/proto/kafka/errors'
import type { ClusterNode } from '../conformance/cluster-node.ts'
import { waitFor } from '../conformance/wait.ts'
import type { KafkaClient } from '../kafka-client.ts'
import { connectWithin, within } from './deadline.ts'

// Changes of the quorum wait for the new voter to catch up.
const requestMs = 5_000
const answerMs = 20_000

export interface AdminTarget {
  readonly host: string
  readonly port: number
  readonly isRunning: boolean
}

export interface PartitionStatus {
  readonly partition: number
  readonly leader: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

export interface QuorumStatus {
  readonly leader: number
  readonly voters: readonly number[]
  readonly observers: readonly number[]
}

export class Admin {
  readonly #nodes: readonly AdminTarget[]

  constructor(nodes: readonly AdminTarget[]) {
    this.#nodes = nodes
  }

  /** Makes a topic and waits until all its replicas are in sync. */
  async createTopic(topic: string, partitions: number, configs: Record<string, string> = {}) {
    await this.decideTopic(topic, partitions, configs)
    await this.partitionsWhere(topic, 60_000, (all) =>
      all.every(({ leader, isr, replicas }) => leader >= 0 && isr.length === replicas.length),
    )
  }

  /** Makes a topic, as far as the controller goes. */
  async decideTopic(topic: string, partitions: number, configs: Record<string, string> = {}) {
    await this.#ask(60_000, `topic ${topic}`, async (client) => {
      const answer = await client.send('createTopics', 7, {
        topics: [
          {
            name: topic,
            numPartitions: partitions,
            replicationFactor: -1,
            assignments: [],
            configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
          },
        ],
        timeoutMs: requestMs,
      })
      const code = answer.topics[0]?.errorCode ?? -1
      // An earlier try may have succeeded without our hearing of it.
      if (code !== errorCodes.TOPIC_ALREADY_EXISTS) throwIfFailed(code)
    })
  }

  /**
   * Waits until the partitions of a topic are as wanted, and returns them. Every running node must
   * say so: one that was cut off may for a moment tell what was true before.
   */
  async partitionsWhere(
    topic: string,
    patienceMs: number,
    isWanted: (partitions: readonly PartitionStatus[]) => boolean,
  ): Promise<readonly PartitionStatus[]> {
    let last: readonly PartitionStatus[] = []
    try {
      return await waitFor(
        async () => {
          for (const node of this.#nodes.filter(({ isRunning }) => isRunning)) {
            last = await new Admin([node]).partitions(topic, 2_000).catch(() => [])
            if (last.length === 0 || !isWanted(last)) return undefined
          }
          return last
        },
        { what: 'the partitions to be as wanted', timeoutMs: patienceMs },
      )
    } catch (error) {
      const shown = last.map(
        ({ partition, leader, isr, replicas }) =>
          `${partition}: leader ${leader}, isr ${isr.join(' ')} of ${replicas.join(' ')}`,
      )
      throw new Error(`${String(error)}: ${shown.join('; ')}`, { cause: error })
    }
  }

  partitions(topic: string, patienceMs = 10_000): Promise<PartitionStatus[]> {
    return this.#ask(patienceMs, 'metadata', async (client) => {
      const answer = await client.send('metadata', 9, {
        topics: [{ name: topic }],
        allowAutoTopicCreation: false,
        includeClusterAuthorizedOperations: false,
        includeTopicAuthorizedOperations: false,
      })
      const found = answer.topics[0]
      throwIfFailed(found?.errorCode ?? -1)
      return (found?.partitions ?? []).map((partition) => ({
        partition: partition.partitionIndex,
        leader: partition.leaderId,
        replicas: partition.replicaNodes,
        isr: partition.isrNodes,
      }))
    })
  }

  quorum(patienceMs = 10_000): Promise<QuorumStatus> {
    return this.#ask(patienceMs, 'the quorum', async (client) => {
      const answer = await client.send('describeQuorum', 2, {
        topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
      })
      throwIfFailed(answer.errorCode)
      const status = answer.topics[0]?.partitions[0]
      throwIfFailed(status?.errorCode ?? -1)
      if (status === undefined || status.leaderId < 0) throw new Error('the quorum has no leader')
      return {
        leader: status.leaderId,
        voters: status.currentVoters.map(({ replicaId }) => replicaId),
        observers: status.observers.map(({ replicaId }) => replicaId),
      }
    })
  }

  /** Makes the first replica of each partition its leader, where it is in sync. */
  electPreferred(patienceMs = 10_000): Promise<void> {
    return this.#ask(patienceMs, 'an election', async (client) => {
      const request = { electionType: 0, topicPartitions: null, timeoutMs: requestMs }
      throwIfFailed((await client.send('electLeaders', 2, request)).errorCode)
    })
  }

  reassign(
    topic: string,
    replicas: ReadonlyMap<number, readonly number[]>,
    patienceMs = 10_000,
  ): Promise<void> {
    return this.#ask(patienceMs, 'a reassignment', async (client) => {
      const answer = await client.send('alterPartitionReassignments', 1, {
        timeoutMs: requestMs,
        allowReplicationFactorChange: true,
        topics: [
          {
            name: topic,
            partitions: [...replicas].map(([partitionIndex, wanted]) => ({
              partitionIndex,
              replicas: [...wanted],
            })),
          },
        ],
      })
      throwIfFailed(answer.errorCode)
      for (const { partitions } of answer.responses) {
        for (const { errorCode } of partitions) throwIfFailed(errorCode)
      }
    })
  }

  /** The brokers that are known and not fenced. */
  brokers(patienceMs = 10_000): Promise<number[]> {
    return this.#ask(patienceMs, 'the brokers', async (client) => {
      const request = { includeClusterAuthorizedOperations: false, endpointType: 1 }
      const answer = await client.send('describeCluster', 1, request)
      throwIfFailed(answer.errorCode)
      return answer.brokers.map(({ brokerId }) => brokerId)
    })
  }

  /** Makes a running controller a voter of the quorum. */
  addVoter(node: ClusterNode, patienceMs = 60_000): Promise<void> {
    const { id, host, directoryId } = node
    const listeners = [{ name: 'CONTROLLER', host, port: node.controllerPort }]
    return this.#ask(patienceMs, `voter ${id}`, async (client) => {
      const answer = await client.send('addRaftVoter', 0, {
        clusterId: null,
        timeoutMs: 30_000,
        voterId: id,
        voterDirectoryId: directoryId,
        listeners,
      })
      // An earlier try may have succeeded without our hearing of it.
      if (answer.errorCode !== errorCodes.DUPLICATE_VOTER) throwIfFailed(answer.errorCode)
    })
  }

  removeVoter(node: ClusterNode, patienceMs = 60_000): Promise<void> {
    const { id, directoryId } = node
    return this.#ask(patienceMs, `the removal of voter ${id}`, async (client) => {
      const answer = await client.send('removeRaftVoter', 0, {
        clusterId: null,
        voterId: id,
        voterDirectoryId: directoryId,
      })
      if (answer.errorCode !== errorCodes.VOTER_NOT_FOUND) throwIfFailed(answer.errorCode)
    })
  }

  /** The group's offsets by partition, or undefined while its coordinator cannot say. */
  committed(group: string, topic: string, partitions: readonly number[], patienceMs = 30_000) {
    return this.#ask(patienceMs, `the offsets of ${group}`, async (client) => {
      const answer = await client.send('offsetFetch', 7, {
        groupId: group,
        topics: [{ name: topic, partitionIndexes: [...partitions] }],
        requireStable: false,
      })
      throwIfFailed(answer.errorCode)
      const found = answer.topics[0]?.partitions ?? []
      for (const { errorCode } of found) throwIfFailed(errorCode)
      return new Map(found.map((one) => [one.partitionIndex, one.committedOffset]))
    })
  }

  /** The node that coordinates a group. */
  coordinator(group: string, patienceMs = 30_000): Promise<number> {
    return this.#ask(patienceMs, `the coordinator of ${group}`, async (client) => {
      const answer = await client.send('findCoordinator', 4, { coordinatorKeys: [group] })
      throwIfFailed(answer.coordinators[0]?.errorCode ?? -1)
      return answer.coordinators[0]?.nodeId ?? -1
    })
  }

  async #ask<T>(
    patienceMs: number,
    what: string,
    question: (client: KafkaClient) => Promise<T>,
  ): Promise<T> {
    let turn = 0
    let reason: unknown
    const found = await waitFor(
      async () => {
        const node = this.#nodes[turn++ % this.#nodes.length]
        if (node === undefined || !node.isRunning) return undefined
        try {
          const client = await connectWithin(node, 500)
          try {
            return { value: await within(Math.min(answerMs, patienceMs), question(client)) }
          } finally {
            void client.close()
          }
        } catch (error) {
          reason = error
          return undefined
        }
      },
      { what, timeoutMs: patienceMs },
    ).catch((error) => {
      throw new Error(`${String(error)}: ${String(reason)}`, { cause: error })
    })
    return found.value
  }
}

function throwIfFailed(errorCode: number): void {
  if (errorCode !== 0) throw new Error(errorByCode(errorCode).name)
}
