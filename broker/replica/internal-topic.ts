// Writes and reads the partitions of an internal topic for the coordinator that keeps its state there.

import type { MetadataImage } from '@samsa/controller/image'
import { decodeBatches } from '@samsa/proto/record/decode'
import { encodeBatch } from '@samsa/proto/record/encode'
import type { KeyValueRecord, PartitionWriter } from '../coordinator/partition-writer.ts'
import { BrokerError } from '../errors.ts'
import type { Partition } from './partition.ts'
import type { ReplicaManager } from './replica-manager.ts'

/** Bytes of one read while loading: large enough for few reads, small enough for memory. */
const loadReadBytes = 1024 * 1024
