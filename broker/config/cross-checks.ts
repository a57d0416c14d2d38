// What a broker's settings demand of each other. Run at the start and before a dynamic change is
// taken, always over the whole of them. Throws a ConfigError for the first rule that is broken.

import { isIP } from 'node:net'
import type { Endpoint } from '@samsa/controller/image'
import type { BrokerConfig } from './broker-config.ts'
import { checkGroupDefaults } from './group-configs.ts'
import type { BrokerValues } from './layers.ts'
import { saslMechanisms } from './listener-sasl.ts'
import { isEncrypted } from './listener-security.ts'
import { securityProtocol } from './listeners.ts'
import { checkNodeSecurity } from './node-checks.ts'
import { standardAuthorizer } from './tables/sasl.ts'
import { ConfigError } from './value.ts'

export function checkBrokerConfig(config: BrokerConfig): void {
  const { values } = config
  checkIdentity(config)
  checkTimes(values, config)
  checkCordonedDirs(config)
  checkConnections(values)
  checkListeners(config)
  checkNodeSecurity(config)
  checkAuthorizer(values)
  checkQuorum(config)
  checkGroupDefaults(values)
}

function demand(holds: boolean, message: string): void {
  if (!holds) throw new ConfigError(message)
}

function checkIdentity({ nodeId, values }: BrokerConfig): void {
  demand(
    !values.isSet('broker.id') || values.number('broker.id') === nodeId,
    'You must set `node.id` to the same value as `broker.id`.',
  )
}

function checkTimes(values: BrokerValues, config: BrokerConfig): void {
  demand(config.logRollMs >= 1, 'log.roll.ms must be greater than or equal to 1')
  demand(config.logRollJitterMs >= 0, 'log.roll.jitter.ms must be greater than or equal to 0')
  demand(
    config.logRetentionMs >= 1 || config.logRetentionMs === -1,
    'log.retention.ms must be unlimited (-1) or, greater than or equal to 1',
  )
  demand(
    values.number('log.cleaner.dedupe.buffer.size') / values.number('log.cleaner.threads') >
      1024 * 1024,
    'log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.',
  )
  const fetchWaitMs = values.number('replica.fetch.wait.max.ms')
  demand(
    fetchWaitMs <= values.number('replica.socket.timeout.ms'),
    'replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms ' +
      'to prevent unnecessary socket timeouts',
  )
  demand(
    fetchWaitMs <= config.replicaLagTimeMaxMs,
    'replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms ' +
      'to prevent frequent changes in ISR',
  )
}

function checkCordonedDirs({ values, logDirs }: BrokerConfig): void {
  const cordoned = values.list('cordoned.log.dirs')
  if (cordoned.length === 1 && cordoned[0] === '*') return
  const missing = cordoned.filter((dir) => !logDirs.includes(dir))
  demand(
    missing.length === 0,
    'All entries in cordoned.log.dirs must be present in log.dirs or log.dir. ' +
      `Missing entries : ${missing.join(', ')}`,
  )
}

function checkConnections(values: BrokerValues): void {
  const queuedBytes = values.number('queued.max.request.bytes')
  demand(
    queuedBytes <= 0 || queuedBytes >= values.number('socket.request.max.bytes'),
    'queued.max.request.bytes must be larger or equal to socket.request.max.bytes',
  )
  const overrides = values.string('max.connections.per.ip.overrides') ?? ''
  demand(
    values.number('max.connections.per.ip') > 0 || overrides !== '',
    'max.connections.per.ip can be set to zero only if ' +
      'max.connections.per.ip.overrides property is set.',
  )
  for (const entry of overrides.split(',').filter((text) => text.trim() !== '')) {
    const [, host = '', count = ''] = /^(.*):([^:]*)$/.exec(entry.trim()) ?? []
    demand(
      isHost(host) && /^\d+$/.test(count),
      `max.connections.per.ip.overrides contains invalid addresses : ${entry.trim()}`,
    )
  }
  const delayMs = values.number('connection.failed.authentication.delay.ms')
  const idleMs = values.number('connections.max.idle.ms')
  demand(
    idleMs < 0 || delayMs < idleMs,
    `connection.failed.authentication.delay.ms=${delayMs} should always be less than ` +
      `connections.max.idle.ms=${idleMs} to prevent failed authentication responses from ` +
      'timing out',
  )
}

function isHost(text: string): boolean {
  return isIP(text.replace(/^\[|\]$/g, '')) !== 0 || /^[0-9a-zA-Z\-._]+$/.test(text)
}

function checkListeners(config: BrokerConfig): void {
  const { values, listeners, controllerListeners, advertisedListeners } = config
  for (const endpoint of listeners) checkListenerSecurity(config, endpoint)
  if (!config.isBroker) {
    demand(
      listeners.length === 0 || controllerListeners.length === 0,
      'The listeners config must only contain controller listeners from ' +
        'controller.listener.names when process.roles=controller',
    )
    return
  }
  const names = listeners.map(({ listener }) => listener)
  const advertised = advertisedListeners.map(({ listener }) => listener)
  demand(
    advertised.length > 0,
    'There must be at least one broker advertised listener. ' +
      'Perhaps all listeners appear in controller.listener.names?',
  )
  demand(
    advertised.every((name) => names.includes(name)),
    'advertised.listeners listener names must be equal to or a subset of the ones defined in ' +
      `listeners. Found ${advertised.join(',')}. The valid options based on the current ` +
      `configuration are ${names.join(',')}`,
  )
  demand(
    !advertisedListeners.some(({ host }) => host === '0.0.0.0'),
    'advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. ' +
      'Use a routable IP address.',
  )
  checkInterBrokerListener(values, config.interBrokerListenerName, advertised)
}

function checkListenerSecurity(config: BrokerConfig, endpoint: Endpoint): void {
  const { listener, securityProtocol } = endpoint
  const { tls, sasl } = config.listenerSecurity(listener)
  demand(
    !isEncrypted(securityProtocol) || tls !== null,
    `Listener ${listener} asks for ${securityProtocol} and has no key: set ` +
      `listener.name.${listener.toLowerCase()}.ssl.keystore.location (and .type=PEM), or ` +
      'ssl.keystore.location for all listeners',
  )
  if (sasl === null) return
  demand(
    sasl.mechanisms.length > 0,
    `Listener ${listener} asks for ${securityProtocol} and offers no mechanism that is served: ` +
      `set sasl.enabled.mechanisms to some of ${saslMechanisms.join(', ')}`,
  )
  demand(
    tls !== null || !sasl.mechanisms.includes('PLAIN') || config.saslPlainWithoutTls,
    `Listener ${listener} would take passwords unencrypted (PLAIN without TLS): use SASL_SSL or ` +
      'SCRAM, or set samsa.sasl.plain.without.tls.enable=true',
  )
  demand(
    tls !== null || !sasl.mechanisms.includes('OAUTHBEARER') || config.saslOauthbearerWithoutTls,
    `Listener ${listener} would take tokens unencrypted (OAUTHBEARER without TLS): use SASL_SSL, ` +
      'or set samsa.sasl.oauthbearer.without.tls.enable=true',
  )
}

function checkAuthorizer(values: BrokerValues): void {
  const name = values.string('authorizer.class.name') ?? ''
  demand(
    name === '' || name === standardAuthorizer,
    `authorizer.class.name=${name} cannot be followed here, and to run without it is not safe: ` +
      `no Java class is loaded; ${standardAuthorizer} is built in`,
  )
  for (const user of (values.string('super.users') ?? '').split(';')) {
    demand(
      user.trim() === '' || /^[^:]+:.+$/.test(user.trim()),
      `super.users has ${user.trim()}: expected User:name, and ; between two of them`,
    )
  }
}

function checkInterBrokerListener(
  values: BrokerValues,
  name: string,
  advertised: readonly string[],
): void {
  demand(
    !(values.isSet('inter.broker.listener.name') && values.isSet('security.inter.broker.protocol')),
    'Only one of inter.broker.listener.name and security.inter.broker.protocol should be set.',
  )
  securityProtocol(
    values.string('security.inter.broker.protocol') ?? '',
    'security.inter.broker.protocol',
  )
  demand(
    !values.isSet('inter.broker.listener.name') || advertised.includes(name),
    'inter.broker.listener.name must be a listener name defined in advertised.listeners. ' +
      `The valid options based on currently configured listeners are ${advertised.join(',')}`,
  )
}

/** That a voter list may be missing is ours: a lone controller needs none. */
function checkQuorum(config: BrokerConfig): void {
  const { values, nodeId, isController, isBroker } = config
  demand(
    2 * config.brokerHeartbeatIntervalMs < config.brokerSessionTimeoutMs,
    'broker.session.timeout.ms must be more than twice broker.heartbeat.interval.ms, ' +
      'since one heartbeat may be late',
  )
  demand(
    config.electionTimeoutMinMs >= 50,
    'controller.quorum.fetch.timeout.ms must be at least 50: a leader is heard of five times in it',
  )
  const voters = config.controllerQuorumVoters.map((entry) => Number(entry.split('@')[0]))
  const isAlone = voters.length <= 1 && !values.isSet('controller.quorum.bootstrap.servers')
  demand(
    isController || !isAlone || voters.length === 1,
    'A broker without a controller of its own needs controller.quorum.voters or ' +
      'controller.quorum.bootstrap.servers',
  )
  demand(
    !isBroker || (isAlone && isController) || config.grpcListener !== null,
    'samsa.grpc.listener must be set: the brokers of a cluster replicate over it',
  )
  demand(
    !isController || isAlone || config.controllerListeners.length > 0,
    'A controller of several must have a listener that controller.listener.names names',
  )
  if (voters.length === 0) return
  const listed = `controller.quorum.voters=${config.controllerQuorumVoters.join(',')}`
  const listedHere = voters.includes(nodeId)
  demand(
    listedHere || !isController,
    `If process.roles contains the 'controller' role, the node id ${nodeId} must be ` +
      `included in the set of voters ${listed}`,
  )
  demand(
    !listedHere || isController,
    `If process.roles contains just the 'broker' role, the node id ${nodeId} must not be ` +
      `included in the set of voters ${listed}`,
  )
}
