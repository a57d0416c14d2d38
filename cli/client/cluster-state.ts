// The cluster as a whole: its brokers, those that are fenced too (KIP-1073), and the levels of its
// features.

import { version } from '../version.ts'
import type { Cluster } from './cluster.ts'
import { ConnectionError, throwIfError } from './errors.ts'

export interface BrokerState {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
  readonly fenced: boolean
}

export interface ClusterState {
  readonly clusterId: string
  readonly brokers: readonly BrokerState[]
  readonly features: readonly { readonly name: string; readonly level: number }[]
}

/** The first version of DescribeCluster that knows of fenced brokers. */
const fencedSince = 2
const brokerEndpoints = 1
const software = { clientSoftwareName: 'samsa', clientSoftwareVersion: version() }

export async function describeCluster(cluster: Cluster): Promise<ClusterState> {
  return await cluster.retrying(async () => {
    await cluster.refresh([])
    const { response } = await cluster.toAny('describeCluster', (version) => ({
      includeClusterAuthorizedOperations: false,
      endpointType: brokerEndpoints,
      ...(version >= fencedSince ? { includeFencedBrokers: true } : {}),
    }))
    throwIfError(response.errorCode, 'the cluster', response.errorMessage)
    const { response: versions } = await cluster.toAny('apiVersions', software)
    return {
      clusterId: response.clusterId,
      brokers: response.brokers
        .map(({ brokerId, host, port, rack, isFenced }) => ({
          id: brokerId,
          host,
          port,
          rack,
          fenced: isFenced,
        }))
        .sort((a, b) => a.id - b.id),
      features: versions.finalizedFeatures.map(({ name, maxVersionLevel }) => ({
        name,
        level: maxVersionLevel,
      })),
    }
  })
}

export interface SupportedFeature {
  readonly name: string
  readonly min: number
  readonly max: number
}

/** The levels that the software of each broker can serve; brokers that do not answer are left out. */
export async function supportedFeatures(
  cluster: Cluster,
  brokers: readonly number[],
): Promise<Map<number, readonly SupportedFeature[]>> {
  const asked = brokers.map(async (id): Promise<[number, SupportedFeature[]][]> => {
    try {
      const { response } = await cluster.toBroker(id, 'apiVersions', software)
      const features = response.supportedFeatures.map(({ name, minVersion, maxVersion }) => ({
        name,
        min: minVersion,
        max: maxVersion,
      }))
      return [[id, features]]
    } catch (error) {
      if (error instanceof ConnectionError) return []
      throw error
    }
  })
  return new Map((await Promise.all(asked)).flat())
}

/** Forgets a broker that will not come back. */
export async function unregisterBroker(cluster: Cluster, brokerId: number): Promise<void> {
  await cluster.retrying(async () => {
    const answer = await cluster.toController('unregisterBroker', { brokerId })
    throwIfError(answer.errorCode, `broker ${brokerId}`, answer.errorMessage)
  })
}
