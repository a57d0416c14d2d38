// The methods of Controller that can be asked for over the network: how the arguments and the
// answer of each become bytes and back. One line a method; the compiler holds the table to the
// interface.

import { DecodeError } from '@samsa/proto/wire/errors'
import { Reader } from '@samsa/proto/wire/reader'
import type { Type } from '@samsa/proto/wire/types'
import { Writer } from '@samsa/proto/wire/writer'
import type { Controller } from '../controller.ts'
import * as schemas from './schemas.ts'
import { noArguments, nothing, only } from './types.ts'

/** All but what concerns the node's own copy of the metadata. */
export type RemoteMethod = Exclude<keyof Controller, 'start' | 'close' | 'image' | 'subscribe'>

export type ArgumentsOf<M extends RemoteMethod> = Parameters<Controller[M]>
export type ResultOf<M extends RemoteMethod> = Awaited<ReturnType<Controller[M]>>

interface BytesCodec<T> {
  encode(value: T): Buffer
  /** Throws a DecodeError. */
  decode(bytes: Buffer): T
}

export interface MethodCodec<M extends RemoteMethod> {
  readonly arguments: BytesCodec<ArgumentsOf<M>>
  readonly result: BytesCodec<ResultOf<M>>
  /** Calls the method with arguments that came as bytes, and gives its answer as bytes. */
  serve(controller: Controller, args: Buffer): Promise<Buffer>
}

const context = { version: 0, flexible: true }

function bytesCodec<T>(type: Type<T>): BytesCodec<T> {
  const codec = type.codec(context)
  return {
    encode(value) {
      const writer = new Writer()
      codec.write(writer, value)
      return writer.toBuffer()
    },
    decode(bytes) {
      const reader = new Reader(bytes)
      const value = codec.read(reader)
      if (reader.remaining > 0) reader.fail(`${reader.remaining} bytes too many`)
      return value
    },
  }
}

/** Codecs are made on first use: a node starts without most of them. */
function lazily<T>(type: Type<T>): BytesCodec<T> {
  let made: BytesCodec<T> | undefined
  const codec = () => (made ??= bytesCodec(type))
  return { encode: (value) => codec().encode(value), decode: (bytes) => codec().decode(bytes) }
}

function method<M extends RemoteMethod>(
  name: M,
  argumentsType: Type<ArgumentsOf<M>>,
  resultType: Type<ResultOf<M>>,
): MethodCodec<M> {
  const args = lazily(argumentsType)
  const result = lazily(resultType)
  return {
    arguments: args,
    result,
    async serve(controller, bytes) {
      const ask = controller[name] as (...given: ArgumentsOf<M>) => Promise<ResultOf<M>>
      return result.encode(await ask.apply(controller, args.decode(bytes)))
    },
  }
}

export const methods: { readonly [M in RemoteMethod]: MethodCodec<M> } = {
  describeQuorum: method('describeQuorum', noArguments, schemas.quorumStatus),
  createTopics: method('createTopics', only(schemas.createTopics), schemas.createTopicResults),
  deleteTopics: method('deleteTopics', only(schemas.deleteTopics), schemas.deleteTopicResults),
  createPartitions: method(
    'createPartitions',
    only(schemas.createPartitions),
    schemas.createPartitionsResults,
  ),
  incrementalAlterConfigs: method(
    'incrementalAlterConfigs',
    only(schemas.incrementalAlterConfigs),
    schemas.alterConfigsResults,
  ),
  alterConfigs: method('alterConfigs', only(schemas.alterConfigs), schemas.alterConfigsResults),
  registerBroker: method(
    'registerBroker',
    only(schemas.brokerRegistration),
    schemas.brokerRegistered,
  ),
  unregisterBroker: method('unregisterBroker', only(schemas.brokerId), nothing),
  unfenceBroker: method('unfenceBroker', schemas.brokerAndEpoch, nothing),
  fenceBroker: method('fenceBroker', schemas.brokerAndEpoch, nothing),
  beginControlledShutdown: method(
    'beginControlledShutdown',
    schemas.brokerAndEpoch,
    schemas.controlledShutdown,
  ),
  assignDirectories: method(
    'assignDirectories',
    only(schemas.assignDirectories),
    schemas.assignDirectoriesResults,
  ),
  alterPartition: method(
    'alterPartition',
    only(schemas.alterPartition),
    schemas.alterPartitionResults,
  ),
  electLeaders: method('electLeaders', only(schemas.electLeaders), schemas.electLeadersResults),
  alterReassignments: method(
    'alterReassignments',
    only(schemas.alterReassignments),
    schemas.alterReassignmentsResults,
  ),
  updateFeatures: method(
    'updateFeatures',
    only(schemas.updateFeatures),
    schemas.updateFeatureResults,
  ),
  createAcls: method('createAcls', only(schemas.createAcls), schemas.outcomes),
  deleteAcls: method('deleteAcls', only(schemas.deleteAcls), schemas.deletedAcls),
  alterScramCredentials: method(
    'alterScramCredentials',
    only(schemas.alterScramCredentials),
    schemas.alterScramCredentialsResults,
  ),
  createDelegationToken: method(
    'createDelegationToken',
    only(schemas.createDelegationToken),
    schemas.delegationTokenResult,
  ),
  renewDelegationToken: method(
    'renewDelegationToken',
    only(schemas.renewDelegationToken),
    schemas.delegationTokenResult,
  ),
  expireDelegationToken: method(
    'expireDelegationToken',
    only(schemas.expireDelegationToken),
    schemas.delegationTokenResult,
  ),
  alterClientQuotas: method(
    'alterClientQuotas',
    only(schemas.alterClientQuotas),
    schemas.alterClientQuotasResults,
  ),
  registerController: method('registerController', only(schemas.controllerRegistration), nothing),
  addVoter: method('addVoter', only(schemas.addVoter), nothing),
  removeVoter: method('removeVoter', only(schemas.voterReference), nothing),
  transferLeadership: method('transferLeadership', only(schemas.nodeIdOrNull), nothing),
  allocateProducerIds: method(
    'allocateProducerIds',
    schemas.brokerAndEpoch,
    schemas.producerIdBlock,
  ),
}

export function isRemoteMethod(name: string): name is RemoteMethod {
  return Object.hasOwn(methods, name)
}

/** Carries out a request as it came over the network; throws a DecodeError for a broken one. */
export async function serveRemote(
  controller: Controller,
  name: string,
  args: Buffer,
): Promise<Buffer> {
  if (!isRemoteMethod(name)) throw new DecodeError(`no method ${name}`, 0)
  return methods[name].serve(controller, args)
}
