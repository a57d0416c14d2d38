// Broker configs of Samsa's own, which no Kafka knows. All start with `samsa.`.

import { atLeast, hostAndPort, listOf, oneOf } from '../checks.ts'
import { type ConfigDefinition, flag, list, long, string } from '../definition.ts'

export const samsaConfigs: readonly ConfigDefinition[] = [
  string('samsa.http.listener', null, 'medium', {
    check: hostAndPort,
    effective: 'host:port of /healthz, /readyz and /metrics; not served when unset.',
  }),
  string('samsa.grpc.listener', null, 'medium', {
    check: hostAndPort,
    effective: 'host:port by which nodes talk to each other; not served when unset.',
  }),
  string('samsa.grpc.advertised.listener', null, 'medium', {
    check: hostAndPort,
    effective: 'host:port at which other nodes reach samsa.grpc.listener; the same when unset.',
  }),
  long('samsa.log.dir.reserve.bytes', 268_435_456, 'medium', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    effective:
      'Free space of a log directory below which it refuses writes, before the disk is full.',
  }),
  long('samsa.log.scrub.bytes.per.second', 4_194_304, 'low', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    effective:
      'How fast logs at rest are read, again and again, to find bits that flipped; 0: not at all.',
  }),
  flag('samsa.nodes.without.tls.enable', false, 'medium', {
    effective:
      'Whether nodes may talk to each other in the clear beyond this machine, and to anybody else.',
  }),
  flag('samsa.sasl.plain.without.tls.enable', false, 'low', {
    effective: 'Whether a SASL_PLAINTEXT listener may offer PLAIN, which sends passwords in clear.',
  }),
  flag('samsa.sasl.oauthbearer.without.tls.enable', false, 'low', {
    effective: 'Whether SASL_PLAINTEXT listeners may offer OAUTHBEARER: tokens are sent in clear.',
  }),
  list('samsa.sasl.oauthbearer.allowed.urls', [], 'medium', {
    check: listOf({ empty: 'allowed' }),
    effective: 'URLs, letter by letter, that keys of OAUTHBEARER tokens may be fetched from.',
  }),
  string('samsa.log.level', 'info', 'low', {
    check: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal'),
    dynamic: 'cluster-wide',
    effective: "Least severe level that goes to the node's own log.",
  }),
]
