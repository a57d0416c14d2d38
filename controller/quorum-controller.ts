// The controller of one node: decides while the node leads the metadata log, follows it always.
// Single-threaded: a request is decided whole, against everything decided before it, and answered
// once its records are committed and applied. Owns the images; all that changes them is the log's
// records, replayed.

import { randomInt } from 'node:crypto'
import { createAcls, deleteAcls } from './acls.ts'
import { assert } from './assert.ts'
import { alterClientQuotas } from './client-quota-changes.ts'
import {
  beginControlledShutdown,
  fenceBroker,
  registerBroker,
  unfenceBroker,
  unregisterBroker,
} from './cluster.ts'
import { alterConfigs, incrementalAlterConfigs } from './configs.ts'
import type { Controller, MetadataListener } from './controller.ts'
import { registerController } from './controllers.ts'
import type { ConfigRules, DecideContext, Decision, TopicDefaults } from './decision.ts'
import {
  createDelegationToken,
  expireDelegationToken,
  removeExpiredTokens,
  renewDelegationToken,
} from './delegation-tokens.ts'
import { ControllerError, MetadataRecordError } from './errors.ts'
import { updateFeatures } from './feature-updates.ts'
import { bootstrapRecords } from './features.ts'
import { diffImages } from './image/delta.ts'
import { emptyImage, MetadataDraft } from './image/draft.ts'
import { imageOfSnapshot } from './image/snapshot.ts'
import type { BrokerId, MetadataDelta, MetadataImage } from './image.ts'
import { recordsInFlightMax, requestsInFlightMax } from './limits.ts'
import {
  type CommittedBatch,
  LeavingError,
  type MetadataLog,
  type MetadataLogListener,
  type MetadataSnapshot,
  NotLeaderError,
  type QuorumLeader,
  type QuorumStatus,
} from './metadata-log.ts'
import { createPartitions } from './partitions.ts'
import { allocateProducerIds } from './producer-ids.ts'
import { decodeRecord, encodeRecord } from './records/record.ts'
import { replay } from './replay.ts'
import { alterPartition } from './replication/alter-partition.ts'
import { withEffects } from './replication/config-effects.ts'
import { assignDirectories } from './replication/directories.ts'
import { electLeaders, type Rebalanced, rebalanceLeaders } from './replication/elect-leaders.ts'
import { alterReassignments } from './replication/reassignments.ts'
import type {
  AddVoter,
  AlterClientQuotas,
  AlterClientQuotasResult,
  AlterConfigs,
  AlterConfigsResult,
  AlterPartition,
  AlterPartitionResult,
  AlterReassignments,
  AlterReassignmentsResult,
  AlterScramCredentials,
  AlterScramCredentialsResult,
  AssignDirectories,
  AssignDirectoriesResult,
  BrokerRegistered,
  BrokerRegistration,
  ControlledShutdown,
  ControllerRegistration,
  CreateAcls,
  CreateDelegationToken,
  CreatePartitions,
  CreatePartitionsResult,
  CreateTopicResult,
  CreateTopics,
  DelegationTokenResult,
  DeleteAcls,
  DeletedAcls,
  DeleteTopicResult,
  DeleteTopics,
  ElectLeaders,
  ElectLeadersResult,
  ExpireDelegationToken,
  IncrementalAlterConfigs,
  Outcome,
  ProducerIdBlock,
  RenewDelegationToken,
  UpdateFeatureResult,
  UpdateFeatures,
  VoterReference,
} from './requests.ts'
import { alterScramCredentials } from './scram-credentials.ts'
import { SnapshotTrigger } from './snapshot-trigger.ts'
import { createTopics, deleteTopics } from './topics.ts'

export interface QuorumControllerOptions {
  readonly nodeId: BrokerId
  /**
   * The cluster that this node belongs to; null when it has yet to be told, and a new one is to be
   * founded if need be.
   */
  readonly clusterId: string | null
  readonly log: MetadataLog
  /** A new random UUID, as 22 characters of base64. */
  readonly newUuid: () => string
  /** A whole number from 0 to bound - 1. */
  readonly random?: (bound: number) => number
  /** Wall time: until when delegation tokens are valid. */
  readonly nowMs: () => number
  readonly configRules: ConfigRules
  readonly numPartitionsDefault: number
  readonly replicationFactorDefault: number
  readonly topicDefaults: TopicDefaults
  /** The controller cannot go on: the node should say why and stop. */
  readonly onFault: (error: Error) => void
  /** A snapshot could not be written; it is tried again when more has been logged. */
  readonly onSnapshotError?: (error: unknown) => void
}

export class QuorumController implements Controller, MetadataLogListener {
  readonly #options: QuorumControllerOptions
  readonly #log: MetadataLog
  readonly #context: DecideContext
  readonly #snapshots: SnapshotTrigger
  /** All that is committed. */
  #image: MetadataImage = emptyImage
  /**
   * #image and what has been appended on top of it but is not committed yet: what the next decision
   * sees.
   */
  #decided: MetadataImage = emptyImage
  #leader: QuorumLeader = { leaderId: -1, epoch: -1 }
  #listeners = new Set<MetadataListener>()
  /** Resolves once everything appended in this epoch is committed; rejects if it is lost. */
  #lastAppend: Promise<unknown> = Promise.resolve()
  #requestsInFlight = 0
  /** Settles when an empty log has got its first records, or will not get them from here. */
  #founded: Promise<void> = Promise.resolve()
  /** Appended in this epoch and not committed. */
  #uncommittedRecords = 0
  #closed = false

  constructor(options: QuorumControllerOptions) {
    const { newUuid, configRules, numPartitionsDefault, replicationFactorDefault, topicDefaults } =
      options
    this.#options = options
    this.#log = options.log
    this.#context = {
      newUuid,
      random: options.random ?? ((bound) => randomInt(bound)),
      configRules,
      numPartitionsDefault,
      replicationFactorDefault,
      topicDefaults,
    }
    this.#snapshots = new SnapshotTrigger((snapshot) => this.#log.writeSnapshot(snapshot))
  }

  async start(): Promise<void> {
    await this.#log.start(this)
    this.#checkCluster(this.#image)
    await this.#founded
  }

  /** The first leader of an empty log says what cluster it is of. */
  async #found(): Promise<void> {
    const clusterId = this.#options.clusterId ?? this.#options.newUuid()
    await this.#decide(() => ({
      records: bootstrapRecords(clusterId, this.#options.topicDefaults),
      response: undefined,
    }))
  }

  #checkCluster({ clusterId }: MetadataImage): void {
    const own = this.#options.clusterId
    if (own === null || clusterId === '' || clusterId === own) return
    throw new MetadataRecordError(
      `the metadata log is of cluster ${clusterId}, but this node belongs to ${own}`,
    )
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#log.close()
  }

  image(): MetadataImage {
    return this.#image
  }

  subscribe(listener: MetadataListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async describeQuorum(): Promise<QuorumStatus> {
    this.#checkActive()
    return this.#log.status()
  }

  async addVoter(voter: AddVoter): Promise<void> {
    this.#checkActive()
    await this.#log.addVoter(voter)
  }

  async removeVoter(voter: VoterReference): Promise<void> {
    this.#checkActive()
    await this.#log.removeVoter(voter)
  }

  async transferLeadership(nodeId: BrokerId | null): Promise<void> {
    this.#checkActive()
    await this.#log.transferLeadership(nodeId)
  }

  createTopics(request: CreateTopics): Promise<CreateTopicResult[]> {
    return this.#decide((image) => createTopics(image, request, this.#context))
  }

  deleteTopics(request: DeleteTopics): Promise<DeleteTopicResult[]> {
    return this.#decide((image) => deleteTopics(image, request))
  }

  createPartitions(request: CreatePartitions): Promise<CreatePartitionsResult[]> {
    return this.#decide((image) => createPartitions(image, request, this.#context))
  }

  incrementalAlterConfigs(request: IncrementalAlterConfigs): Promise<AlterConfigsResult[]> {
    return this.#decideConfigs((image) => incrementalAlterConfigs(image, request, this.#context))
  }

  alterConfigs(request: AlterConfigs): Promise<AlterConfigsResult[]> {
    return this.#decideConfigs((image) => alterConfigs(image, request, this.#context))
  }

  registerBroker(registration: BrokerRegistration): Promise<BrokerRegistered> {
    return this.#decide((image) => registerBroker(image, registration, this.#context))
  }

  unregisterBroker(brokerId: BrokerId): Promise<void> {
    return this.#decide((image) => unregisterBroker(image, brokerId, this.#context))
  }

  unfenceBroker(brokerId: BrokerId, epoch: number): Promise<void> {
    return this.#decide((image) => unfenceBroker(image, { brokerId, epoch }, this.#context))
  }

  fenceBroker(brokerId: BrokerId, epoch: number): Promise<void> {
    return this.#decide((image) => fenceBroker(image, { brokerId, epoch }, this.#context))
  }

  beginControlledShutdown(brokerId: BrokerId, epoch: number): Promise<ControlledShutdown> {
    return this.#decide((image) =>
      beginControlledShutdown(image, { brokerId, epoch }, this.#context),
    )
  }

  /** Leadership back to preferred replicas: what ActiveRounds asks for now and then. */
  rebalanceLeaders(): Promise<Rebalanced> {
    return this.#decide((image) => rebalanceLeaders(image, this.#context))
  }

  assignDirectories(request: AssignDirectories): Promise<AssignDirectoriesResult[]> {
    return this.#decide((image) => assignDirectories(image, request, this.#context))
  }

  alterPartition(request: AlterPartition): Promise<AlterPartitionResult[]> {
    return this.#decide((image) => alterPartition(image, request, this.#context))
  }

  electLeaders(request: ElectLeaders): Promise<ElectLeadersResult[]> {
    return this.#decide((image) => electLeaders(image, request, this.#context))
  }

  alterReassignments(request: AlterReassignments): Promise<AlterReassignmentsResult[]> {
    return this.#decide((image) => alterReassignments(image, request, this.#context))
  }

  updateFeatures(request: UpdateFeatures): Promise<UpdateFeatureResult[]> {
    return this.#decide((image) => updateFeatures(image, request, this.#context))
  }

  createAcls(request: CreateAcls): Promise<Outcome[]> {
    return this.#decide((image) => createAcls(image, request, this.#context.newUuid))
  }

  deleteAcls(request: DeleteAcls): Promise<DeletedAcls[]> {
    return this.#decide((image) => deleteAcls(image, request))
  }

  alterScramCredentials(request: AlterScramCredentials): Promise<AlterScramCredentialsResult[]> {
    return this.#decide((image) => alterScramCredentials(image, request))
  }

  createDelegationToken(request: CreateDelegationToken): Promise<DelegationTokenResult> {
    const { newUuid } = this.#context
    return this.#decide((image) => {
      return createDelegationToken(image, request, { nowMs: this.#nowMs(), newUuid })
    })
  }

  renewDelegationToken(request: RenewDelegationToken): Promise<DelegationTokenResult> {
    return this.#decide((image) => renewDelegationToken(image, request, this.#nowMs()))
  }

  expireDelegationToken(request: ExpireDelegationToken): Promise<DelegationTokenResult> {
    return this.#decide((image) => expireDelegationToken(image, request, this.#nowMs()))
  }

  /** What TokenSweeper asks for now and then. */
  removeExpiredTokens(): Promise<number> {
    return this.#decide((image) => removeExpiredTokens(image, this.#nowMs()))
  }

  #nowMs(): number {
    return this.#options.nowMs()
  }

  alterClientQuotas(request: AlterClientQuotas): Promise<AlterClientQuotasResult[]> {
    return this.#decide((image) => alterClientQuotas(image, request))
  }

  registerController(registration: ControllerRegistration): Promise<void> {
    return this.#decide((image) => registerController(image, registration))
  }

  allocateProducerIds(brokerId: BrokerId, epoch: number): Promise<ProducerIdBlock> {
    return this.#decide((image) => allocateProducerIds(image, brokerId, epoch))
  }

  #decideConfigs<T>(decide: (image: MetadataImage) => Decision<T>): Promise<T> {
    const { topicDefaults } = this.#context
    return this.#decide((image) => withEffects(image, decide(image), topicDefaults))
  }

  /**
   * Decides now, without a pause between looking and appending; resolves with the answer once it
   * may be given.
   */
  async #decide<T>(decide: (image: MetadataImage) => Decision<T>): Promise<T> {
    this.#checkMayDecide()
    const { records, response } = decide(this.#decided)
    if (records.length === 0) {
      // The answer may rest on what is not committed yet: it must not be known before that is, nor
      // at all if that never will be.
      await this.#lastAppend.catch((error: unknown) => {
        throw this.#appendError(error)
      })
      return response
    }
    const encoded = records.map(encodeRecord)
    const draft = new MetadataDraft(this.#decided)
    for (const bytes of encoded) replay(draft, decodeRecord(bytes))
    this.#decided = draft.finish(this.#decided.offset + encoded.length, this.#leader.leaderId).image
    await this.#append(encoded)
    return response
  }

  #checkActive(): void {
    if (!this.#closed && this.#leader.leaderId === this.#options.nodeId) return
    throw new ControllerError('NOT_CONTROLLER', 'This node is not the active controller.')
  }

  #checkMayDecide(): void {
    this.#checkActive()
    if (
      this.#requestsInFlight >= requestsInFlightMax ||
      this.#uncommittedRecords >= recordsInFlightMax
    ) {
      throw new ControllerError('REQUEST_TIMED_OUT', 'The controller has more to do than it can.')
    }
  }

  async #append(encoded: readonly Buffer[]): Promise<void> {
    const { epoch } = this.#leader
    this.#requestsInFlight++
    this.#uncommittedRecords += encoded.length
    const appended = this.#log.append(epoch, encoded)
    this.#lastAppend = appended
    // Whoever appended hears of a failure; that nobody else waits is no reason to stop the process.
    appended.catch(() => undefined)
    try {
      await appended
    } catch (error) {
      throw this.#appendError(error)
    } finally {
      this.#requestsInFlight--
    }
  }

  #appendError(error: unknown): ControllerError {
    const stillLeads = this.#leader.leaderId === this.#options.nodeId
    return error instanceof NotLeaderError && !(error instanceof LeavingError) && stillLeads
      ? new ControllerError('KAFKA_STORAGE_ERROR', 'The metadata log could not be written.', {
          cause: error,
        })
      : new ControllerError('NOT_CONTROLLER', 'This node is no longer the active controller.', {
          cause: error,
        })
  }

  onSnapshot(snapshot: MetadataSnapshot): void {
    const records = this.#snapshots.loading(snapshot.records)
    const image = imageOfSnapshot(records, snapshot.offset, this.#leader.leaderId)
    const before = this.#image
    this.#publish(image, () => diffImages(before, image))
  }

  onCommit({ baseOffset, epoch, records }: CommittedBatch): void {
    assert(baseOffset === this.#image.offset + 1, 'committed batches follow on each other')
    const draft = new MetadataDraft(this.#image)
    let bytes = 0
    for (const record of records) {
      replay(draft, decodeRecord(record))
      bytes += record.length
    }
    const { image, delta } = draft.finish(baseOffset + records.length - 1, this.#leader.leaderId)
    if (epoch === this.#leader.epoch) this.#uncommittedRecords -= records.length
    this.#publish(image, () => delta)
    this.#snapshots.committed(bytes, image, epoch).catch((error: unknown) => {
      if (!this.#closed) this.#options.onSnapshotError?.(error)
    })
  }

  onLeaderChange(leader: QuorumLeader): void {
    this.#leader = leader
    this.#uncommittedRecords = 0
    // Nothing rests any more on what was lost.
    this.#lastAppend = Promise.resolve()
    const { image, delta } = new MetadataDraft(this.#image).finish(
      this.#image.offset,
      leader.leaderId,
    )
    // What was decided on top of the image and is not committed by now comes from the log again, or
    // is lost.
    this.#publish(image, () => delta)
    const mustFound = leader.leaderId === this.#options.nodeId && image.clusterId === ''
    // Where it fails, another leader founds the cluster, or this one in its next epoch.
    if (mustFound) this.#founded = this.#found().catch(() => undefined)
  }

  onFault(error: Error): void {
    this.#options.onFault(error)
  }

  #publish(image: MetadataImage, deltaOf: () => MetadataDelta): void {
    this.#checkCluster(image)
    this.#image = image
    // Records that were decided here have been replayed twice, before and after they were
    // committed: keep one.
    if (this.#uncommittedRecords === 0) this.#decided = image
    // At the start, when a snapshot of everything is loaded, nobody listens yet.
    if (this.#listeners.size === 0) return
    const delta = deltaOf()
    for (const listener of this.#listeners) listener(image, delta)
  }
}
