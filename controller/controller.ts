// What the rest of the node asks of the controller. Every request resolves once what was decided is
// committed and applied: the caller's next look at image() shows it. A request to a controller that
// is not the active one rejects with a ControllerError NOT_CONTROLLER. Arguments and results are
// plain data (requests.ts).

import type { BrokerId, MetadataDelta, MetadataImage } from './image.ts'
import type { QuorumStatus } from './metadata-log.ts'
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

/** Called once for each committed batch, after image() shows it, in log order. Must not throw. */
export type MetadataListener = (image: MetadataImage, delta: MetadataDelta) => void

export interface Controller {
  /**
   * Reads the metadata log; resolves once this node knows everything committed and may decide or
   * forward.
   */
  start(): Promise<void>
  close(): Promise<void>

  image(): MetadataImage
  /** From now on; the present state is image()'s. Returns how to stop. */
  subscribe(listener: MetadataListener): () => void
  /** The quorum as its leader sees it. */
  describeQuorum(): Promise<QuorumStatus>

  createTopics(request: CreateTopics): Promise<CreateTopicResult[]>
  deleteTopics(request: DeleteTopics): Promise<DeleteTopicResult[]>
  createPartitions(request: CreatePartitions): Promise<CreatePartitionsResult[]>
  incrementalAlterConfigs(request: IncrementalAlterConfigs): Promise<AlterConfigsResult[]>
  alterConfigs(request: AlterConfigs): Promise<AlterConfigsResult[]>

  registerBroker(registration: BrokerRegistration): Promise<BrokerRegistered>
  unregisterBroker(brokerId: BrokerId): Promise<void>
  /**
   * Takes a fenced broker in: its partitions may be led again. `epoch` is the one its registration
   * got.
   */
  unfenceBroker(brokerId: BrokerId, epoch: number): Promise<void>
  /** Takes a broker out: it leaves every ISR that has another member and leads nothing. */
  fenceBroker(brokerId: BrokerId, epoch: number): Promise<void>

  /**
   * The broker wants to stop: its leaderships move away. Asked again until none remain; it is not
   * placed or elected any more.
   */
  beginControlledShutdown(brokerId: BrokerId, epoch: number): Promise<ControlledShutdown>
  assignDirectories(request: AssignDirectories): Promise<AssignDirectoriesResult[]>

  alterPartition(request: AlterPartition): Promise<AlterPartitionResult[]>
  electLeaders(request: ElectLeaders): Promise<ElectLeadersResult[]>
  alterReassignments(request: AlterReassignments): Promise<AlterReassignmentsResult[]>
  updateFeatures(request: UpdateFeatures): Promise<UpdateFeatureResult[]>
  createAcls(request: CreateAcls): Promise<Outcome[]>
  deleteAcls(request: DeleteAcls): Promise<DeletedAcls[]>
  alterScramCredentials(request: AlterScramCredentials): Promise<AlterScramCredentialsResult[]>
  createDelegationToken(request: CreateDelegationToken): Promise<DelegationTokenResult>
  renewDelegationToken(request: RenewDelegationToken): Promise<DelegationTokenResult>
  expireDelegationToken(request: ExpireDelegationToken): Promise<DelegationTokenResult>
  alterClientQuotas(request: AlterClientQuotas): Promise<AlterClientQuotasResult[]>

  registerController(registration: ControllerRegistration): Promise<void>
  addVoter(voter: AddVoter): Promise<void>
  removeVoter(voter: VoterReference): Promise<void>
  /** null: to whichever voter is able. */
  transferLeadership(nodeId: BrokerId | null): Promise<void>

  allocateProducerIds(brokerId: BrokerId, epoch: number): Promise<ProducerIdBlock>
}
