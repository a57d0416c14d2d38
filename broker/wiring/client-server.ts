// The sockets for clients, and the way from a frame to its handler.

import { DecodeError } from '@samsa/proto/wire/errors'
import type { TrafficMetrics } from '../admin/traffic-metrics.ts'
import { UnansweredRefusal } from '../authorization/guard.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import { BrokerError } from '../errors.ts'
import { handlers } from '../handlers/registry.ts'
import type { LogEvents } from '../log/log-manager.ts'
import type { Connection, ConnectionService } from '../network/connection.ts'
import { ConnectionRates } from '../network/connection-rates.ts'
import { FrameError } from '../network/frame-reader.ts'
import { NetworkServer } from '../network/server.ts'
import { apiTable } from '../request/api-table.ts'
import { Dispatcher, InvalidRequestError } from '../request/dispatcher.ts'
import type { ListenerTls } from '../security/tls/listener-tls.ts'
import type { Services } from '../services.ts'
import { systemClock } from '../system-time.ts'

/** Kafka's Integer.MAX_VALUE, the default of limits. */
const unlimited = 2 ** 31 - 1

/** Who has shown neither a certificate nor credentials. */
const anonymous = 'User:ANONYMOUS'

/**
 * What `queued.max.request.bytes` -1, Kafka's "no limit", means here: nothing fed from outside is
 * unbounded.
 */
const requestBytesMaxDefault = 64 * 1024 * 1024

export interface ClientServerOptions {
  readonly config: BrokerConfig
  /** By listener, of those that are encrypted. */
  readonly tls: ReadonlyMap<string, ListenerTls>
  readonly services: Services
  readonly metrics: TrafficMetrics
  readonly events: LogEvents
}

export function makeClientServer(options: ClientServerOptions): NetworkServer {
  const { config, tls, services, metrics, events } = options
  const server: NetworkServer = new NetworkServer({
    listeners: config.listeners.map(({ listener, host, port }) => ({
      name: listener,
      host,
      port,
      tls: tls.get(listener)?.acceptor ?? null,
      principalOf: (socket) => tls.get(listener)?.principalOf(socket) ?? anonymous,
    })),
    backlog: config.socketListenBacklogSize,
    frameBytesMax: config.socketRequestMaxBytes,
    requestBytesMax:
      config.queuedMaxRequestBytes > 0 ? config.queuedMaxRequestBytes : requestBytesMaxDefault,
    connectionsMax: () => services.config().maxConnections,
    connectionsPerIpMax: (host) => {
      const { maxConnectionsPerIpOverrides, maxConnectionsPerIp } = services.config()
      return maxConnectionsPerIpOverrides.get(host) ?? maxConnectionsPerIp
    },
    connectionsPerListenerMax: (listener) =>
      services.config().listenerConnections.get(listener)?.connectionsMax ?? unlimited,
    rates: makeConnectionRates(services),
    idleMaxMs: config.connectionsMaxIdleMs,
    service: {
      overlaps: (frame) => dispatcher.overlaps(frame),
      serve: (request) => dispatcher.serve(request),
    } satisfies ConnectionService,
    monotonicMs: systemClock.monotonicMs,
    onConnectionOpened: (connection) => services.logIn.onOpened(connection),
    onConnectionClosed: (connection, cause) => connectionClosed(events, connection, cause),
    onConnectionRefused: (remoteHost, reason) =>
      events.warn({ remoteHost, reason }, 'connection refused'),
  })
  const dispatcher = new Dispatcher({
    apis: apiTable(handlers),
    services,
    pool: server.pool,
    observer: metrics,
  })
  return server
}

function makeConnectionRates(services: Services): ConnectionRates {
  const limited = (rate: number | null) => (rate === null || rate >= unlimited ? null : rate)
  return new ConnectionRates({
    ofNode: () => limited(services.config().maxConnectionCreationRate),
    ofListener: (listener) =>
      limited(services.config().listenerConnections.get(listener)?.creationRate ?? null),
    ofAddress: (host) => services.quotas.connectionRate(host),
    burstSeconds: services.config().quotaWindows.sampleSeconds,
  })
}

/** A client that breaks the protocol or goes away is its business; anything else is a bug. */
function connectionClosed(
  events: LogEvents,
  { remoteHost, client }: Connection,
  cause: Error | null,
): void {
  if (cause === null) return
  const fields = { remoteHost, client, error: cause }
  if (isClientsFault(cause)) events.debug(fields, 'connection closed for its own fault')
  else events.error(fields, 'a request failed unexpectedly; its connection was closed')
}

function isClientsFault(cause: Error): boolean {
  return (
    cause instanceof DecodeError ||
    cause instanceof FrameError ||
    cause instanceof InvalidRequestError ||
    cause instanceof BrokerError ||
    cause instanceof UnansweredRefusal ||
    'syscall' in cause
  )
}
