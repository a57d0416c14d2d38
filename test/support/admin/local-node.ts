// The part of a node that answers admins, without sockets and logs: the handlers over a real
// controller whose log is in memory. Requests and responses go through the codecs, so that what a
// version cannot say is lost as on the wire.

import { supportedFeatures } from '@samsa/controller/features'
import { QuorumController } from '@samsa/controller/quorum-controller'
import { type ApiName, apis } from '@samsa/proto/kafka/apis'
import { Reader } from '@samsa/proto/wire/reader'
import { Writer } from '@samsa/proto/wire/writer'
import { applyChanges, replaceOverrides } from '../../../broker/config/alter.ts'
import { CurrentConfig } from '../../../broker/config/current-config.ts'
import { loadBrokerConfig } from '../../../broker/config/server-properties.ts'
import type { RequestContext } from '../../../broker/handlers/handler.ts'
import { handlers } from '../../../broker/handlers/registry.ts'
import { ProducerIds } from '../../../broker/producer-ids.ts'
import { ClientQuotas } from '../../../broker/quota/client-quotas.ts'
import type { Services } from '../../../broker/services.ts'
import { MemoryDirectory } from '../../unit/raft/driver/memory-directory.ts'
import { soleVoterLog } from '../controller/controllers.ts'

export const brokerPort = 25_002
const properties = `
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:${brokerPort},CONTROLLER://127.0.0.1:25003
controller.listener.names=CONTROLLER
log.dirs=/tmp/samsa-local-node
offsets.topic.replication.factor=1
`

interface AnyMessage {
  encode(writer: Writer, value: unknown, version: number): void
  decode(reader: Reader, version: number): unknown
}

let uuids = 0

/** Not random, so that a failing run can be read: the count, in 16 bytes. */
export function countedUuid(): string {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt32BE(++uuids, 12)
  bytes.writeUInt32BE(0xc0ffee, 0)
  return bytes.toString('base64url')
}

export interface LocalNode {
  readonly services: Services
  readonly controller: QuorumController
  ask(
    api: ApiName,
    version: number,
    request: unknown,
    context?: Partial<RequestContext>,
  ): Promise<unknown>
  close(): Promise<void>
}

export async function startLocalNode(
  options: { overrides?: readonly string[]; services?: Partial<Services> } = {},
): Promise<LocalNode> {
  const { overrides = [] } = options
  const { config } = loadBrokerConfig({ text: properties, overrides })
  const directoryId = countedUuid()
  const log = soleVoterLog(new MemoryDirectory())
  const controller = new QuorumController({
    nodeId: 1,
    clusterId: null,
    log,
    newUuid: countedUuid,
    nowMs: Date.now,
    random: () => 0,
    configRules: {
      change: (...change) => applyChanges(current.broker, ...change),
      replace: (...replacement) => replaceOverrides(current.broker, ...replacement),
    },
    numPartitionsDefault: config.numPartitions,
    replicationFactorDefault: config.defaultReplicationFactor,
    topicDefaults: {
      minInsyncReplicas: config.minInsyncReplicas,
      uncleanLeaderElection: config.uncleanLeaderElectionEnable,
    },
    onFault: (error) => {
      throw error
    },
  })
  const current = new CurrentConfig(config, () => controller.image())
  controller.subscribe(() => current.refresh())
  await controller.start()
  await controller.registerBroker({
    brokerId: 1,
    clusterId: controller.image().clusterId,
    features: supportedFeatures,
    previousBrokerEpoch: -1,
    incarnationId: countedUuid(),
    endpoints: config.advertisedListeners,
    rack: null,
    logDirs: [directoryId],
    fenced: false,
  })
  const services = {
    nodeId: 1,
    config: () => current.broker,
    metadata: () => controller.image(),
    controller,
    producerIds: new ProducerIds(1, controller),
    quotas: new ClientQuotas({
      clientWindows: config.quotaWindows,
      controllerWindows: config.controllerQuotaWindows,
    }),
    timers: { schedule: () => ({ cancel: () => undefined }) },
    ...options.services,
  } as unknown as Services
  return {
    services,
    controller,
    ask: (api, version, request, context = {}) => ask(services, api, version, request, context),
    close: () => controller.close(),
  }
}

async function ask(
  services: Services,
  api: ApiName,
  version: number,
  request: unknown,
  given: Partial<RequestContext>,
): Promise<unknown> {
  const registration = handlers.find((candidate) => candidate.api === api)
  if (registration === undefined) throw new Error(`${api} is not served`)
  const { request: requestMessage, response: responseMessage } = apis[api] as unknown as {
    request: AnyMessage
    response: AnyMessage
  }
  const context = { apiVersion: version, listener: 'PLAINTEXT', clientId: 'test', ...given }
  const decoded = throughCodec(requestMessage, version, request)
  const handle = registration.handle as (...rest: unknown[]) => unknown
  const response = await handle(decoded, services, context)
  return throughCodec(responseMessage, version, response)
}

function throughCodec(message: AnyMessage, version: number, value: unknown): unknown {
  const writer = new Writer()
  message.encode(writer, value, version)
  return message.decode(new Reader(writer.toBuffer()), version)
}
