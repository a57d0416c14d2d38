// Wires the transaction coordinator of a broker to its partitions and to the other brokers: markers
// go out to leaders, questions about partitions to coordinators, each to this broker itself where
// it is the one.

import type { MetadataImage } from '@samsa/controller/image'
import { transactionTopic } from '@samsa/controller/topic-names'
import type { NodeCredentials } from '@samsa/proto/grpc/credentials'
import type { CurrentConfig } from '../config/current-config.ts'
import { MarkerSender } from '../coordinator/transaction/marker-sender.ts'
import {
  addPartitionsMessages,
  decodePeerMessage,
  encodePeerMessage,
  writeMarkersMessages,
} from '../coordinator/transaction/peer-messages.ts'
import { transactionConfig } from '../coordinator/transaction/transaction-config.ts'
import { TransactionCoordinator } from '../coordinator/transaction/transaction-coordinator.ts'
import { TransactionJoins } from '../coordinator/transaction/transaction-joins.ts'
import { addForSeveral } from '../handlers/add-partitions-to-txn.ts'
import { writeMarkers } from '../handlers/write-txn-markers.ts'
import type { LogEvents } from '../log/log-manager.ts'
import type { GrpcServer } from '../peer/grpc-server.ts'
import { serveTransactionPeers, TransactionPeers } from '../peer/transaction-peers.ts'
import type { ProducerIds } from '../producer-ids.ts'
import { InternalTopic } from '../replica/internal-topic.ts'
import type { ReplicaManager } from '../replica/replica-manager.ts'
import type { Services } from '../services.ts'
import { systemClock, systemTimers } from '../system-time.ts'

export interface NodeTransactionsOptions {
  readonly nodeId: number
  readonly config: CurrentConfig
  readonly image: () => MetadataImage
  readonly replicas: () => ReplicaManager
  readonly producerIds: ProducerIds
  readonly events: LogEvents
  readonly credentials: NodeCredentials
}

/** A leader answers once its replicas have the markers, for which it takes 5 s at most. */
const writeMarkersTimeoutMs = 10_000
/** A producer waits behind it. */
const addPartitionsTimeoutMs = 5_000
/**
 * A write of the coordinator ends when it is committed, or with its leadership: given up before, it
 * could come true later.
 */
const commitTimeoutMs = 2 ** 31

export class NodeTransactions {
  readonly coordinator: TransactionCoordinator
  readonly joins: TransactionJoins
  readonly #options: NodeTransactionsOptions
  readonly #peers: TransactionPeers
  #services: Services | null = null

  constructor(options: NodeTransactionsOptions) {
    const { image, replicas, config, producerIds, events } = options
    const time = { clock: systemClock, timers: systemTimers }
    this.#options = options
    this.#peers = new TransactionPeers(image, options.credentials)
    const topic = () => image().topicsByName.get(transactionTopic)
    const partitionCount = () =>
      topic()?.partitions.length ?? config.broker.transactionStateLogNumPartitions
    this.coordinator = new TransactionCoordinator({
      ...time,
      config: () => transactionConfig(config.broker),
      partitionCount,
      writer: new InternalTopic(topic, replicas, commitTimeoutMs),
      markers: this.#makeMarkers(),
      newProducerId: () => producerIds.next(),
      onFault: (partition, error) =>
        events.error({ topic: transactionTopic, partition, error }, 'transactions are not served'),
    })
    this.joins = new TransactionJoins({
      ...time,
      coordinatorOf: (id) => this.#leaderOf(transactionTopic, this.coordinator.partitionFor(id)),
      ask: (brokerId, request) => this.#addPartitions(brokerId, request),
      retry: () => ({
        backoffMs: config.broker.addPartitionsToTxnRetryBackoffMs,
        totalMs: config.broker.addPartitionsToTxnRetryBackoffMaxMs,
      }),
    })
  }

  #makeMarkers(): MarkerSender {
    const { events, image } = this.#options
    return new MarkerSender({
      clock: systemClock,
      timers: systemTimers,
      leaderOf: (topic, partition) =>
        image().topicsByName.has(topic) ? this.#leaderOf(topic, partition) : 'gone',
      send: (brokerId, request) => this.#writeMarkers(brokerId, request),
      onFault: (error) => events.debug({ error }, 'markers were not taken, and are sent again'),
    })
  }

  #leaderOf(topicName: string, index: number): number | null {
    const { topicsByName, brokers } = this.#options.image()
    const topic = topicsByName.get(topicName)
    const leader = topic?.partitions.find((partition) => partition.index === index)?.leader ?? -1
    return brokers.get(leader)?.fenced === false ? leader : null
  }

  /** The services that this broker answers others with, and itself. */
  serve(services: Services, server: GrpcServer): void {
    this.#services = services
    serveTransactionPeers(server, {
      writeMarkers: (body) => this.#answerMarkers(body),
      addPartitions: (body) => this.#answerPartitions(body),
    })
  }

  #servicesOrThrow(): Services {
    if (this.#services === null) throw new Error('the broker does not serve yet')
    return this.#services
  }

  async #answerMarkers(body: Buffer): Promise<Buffer> {
    const { request, response, version } = writeMarkersMessages
    const asked = decodePeerMessage(request, body, version)
    const answer = await writeMarkers(asked, this.#servicesOrThrow())
    return encodePeerMessage(response, answer, version)
  }

  async #answerPartitions(body: Buffer): Promise<Buffer> {
    const { request, response, version } = addPartitionsMessages
    const asked = decodePeerMessage(request, body, version)
    const answer = await addForSeveral(asked, this.#servicesOrThrow())
    return encodePeerMessage(response, answer, version)
  }

  async #writeMarkers(
    brokerId: number,
    asked: Parameters<ConstructorParameters<typeof MarkerSender>[0]['send']>[1],
  ) {
    const { request, response, version } = writeMarkersMessages
    const body = encodePeerMessage(request, asked, version)
    const answer = await this.#ask(brokerId, 'writeMarkers', body)
    return decodePeerMessage(response, answer, version)
  }

  async #addPartitions(
    brokerId: number,
    asked: Parameters<ConstructorParameters<typeof TransactionJoins>[0]['ask']>[1],
  ) {
    const { request, response, version } = addPartitionsMessages
    const body = encodePeerMessage(request, asked, version)
    const answer = await this.#ask(brokerId, 'addPartitions', body)
    return decodePeerMessage(response, answer, version)
  }

  #ask(brokerId: number, method: 'writeMarkers' | 'addPartitions', body: Buffer): Promise<Buffer> {
    if (brokerId === this.#options.nodeId) {
      return method === 'writeMarkers' ? this.#answerMarkers(body) : this.#answerPartitions(body)
    }
    const timeoutMs = method === 'writeMarkers' ? writeMarkersTimeoutMs : addPartitionsTimeoutMs
    return this.#peers.call(brokerId, method, body, timeoutMs)
  }

  close(): void {
    this.coordinator.close()
    this.#peers.close()
  }
}
