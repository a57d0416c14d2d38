// Broker configs: Listeners, connections and requests.

import { atLeast, listOf, oneOf } from '../checks.ts'
import { type ConfigDefinition, int, intMax, list, long, string } from '../definition.ts'

export const networkConfigs: readonly ConfigDefinition[] = [
  list('listeners', ['PLAINTEXT://:9092'], 'high', {
    check: listOf({}),
    effective: 'Addresses to listen on, as NAME://host:port; an empty host is every address.',
  }),
  list('advertised.listeners', null, 'high', {
    check: listOf({}),
    effective: 'Addresses given to clients; the listeners themselves when unset.',
  }),
  string(
    'listener.security.protocol.map',
    'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
    'low',
    {
      effective: 'Security protocol of each listener name.',
    },
  ),
  list('early.start.listeners', null, 'high', {
    check: listOf({ empty: 'allowed' }),
    accepted: 'Listeners that may open before authorization is ready.',
  }),
  string('inter.broker.listener.name', null, 'medium', {
    effective: 'Listener that other brokers would use; here they talk over samsa.grpc.listener.',
  }),
  string('security.inter.broker.protocol', 'PLAINTEXT', 'medium', {
    check: oneOf('PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'),
    effective: 'Security protocol between brokers, when no listener is named for it.',
  }),
  int('socket.request.max.bytes', 104_857_600, 'high', {
    check: atLeast(1),
    effective: 'Largest request accepted.',
  }),
  int('socket.send.buffer.bytes', 102_400, 'high', {
    accepted: "Send buffer of a client socket; the system's own choice is kept here.",
  }),
  int('socket.receive.buffer.bytes', 102_400, 'high', {
    accepted: "Receive buffer of a client socket; the system's own choice is kept here.",
  }),
  int('socket.listen.backlog.size', 50, 'medium', {
    check: atLeast(1),
    effective: 'Connections that may wait to be accepted.',
  }),
  long('socket.connection.setup.timeout.ms', 10_000, 'medium', {
    accepted: "First wait for a connection of the broker's own to open.",
  }),
  long('socket.connection.setup.timeout.max.ms', 30_000, 'medium', {
    accepted: "Longest wait for a connection of the broker's own to open.",
  }),
  int('max.connections', intMax, 'medium', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    effective: 'Most connections at one time.',
  }),
  int('max.connections.per.ip', intMax, 'medium', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    effective: 'Most connections from one address.',
  }),
  string('max.connections.per.ip.overrides', '', 'medium', {
    dynamic: 'cluster-wide',
    effective: 'Limits for single addresses or host names, as host:count,host:count.',
  }),
  int('max.connection.creation.rate', intMax, 'medium', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    effective: 'Most new connections a second; those beyond wait, up to ten seconds.',
  }),
  long('connections.max.idle.ms', 600_000, 'medium', {
    effective: 'A connection without traffic for this long is closed.',
  }),
  int('connection.failed.authentication.delay.ms', 100, 'low', {
    check: atLeast(0),
    effective: 'Pause before a connection whose log-in failed is closed.',
  }),
  int('queued.max.requests', 500, 'high', {
    check: atLeast(1),
    accepted: 'Most requests being worked on before no more is read from sockets.',
  }),
  long('queued.max.request.bytes', -1, 'medium', {
    effective: 'Most bytes of requests being worked on before no more is read; -1 is no limit.',
  }),
  int('num.network.threads', 3, 'high', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    accepted: 'Threads for socket work; a node here has one event loop.',
  }),
  int('num.io.threads', 8, 'high', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    accepted: 'Threads for requests; a node here has one event loop.',
  }),
  int('max.request.partition.size.limit', 2000, 'medium', {
    check: atLeast(1),
    effective: 'Most partitions in one answer of DescribeTopicPartitions.',
  }),
  int('fetch.max.bytes', 57_671_680, 'medium', {
    check: atLeast(1024),
    effective: 'Most bytes in one fetch answer.',
  }),
  int('max.incremental.fetch.session.cache.slots', 1000, 'medium', {
    check: atLeast(0),
    accepted: 'Fetch sessions kept at one time.',
  }),
]
