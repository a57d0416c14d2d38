// Broker configs: SASL log-in. What has no effect here belongs to Java or Kerberos.

import { atLeast, listOf, nonNullString } from '../checks.ts'
import {
  type ConfigDefinition,
  className,
  double,
  flag,
  int,
  list,
  long,
  password,
  short,
  string,
} from '../definition.ts'

/** Kafka's own; no other class is known, and none is loaded. */
export const standardAuthorizer = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'

export const saslConfigs: readonly ConfigDefinition[] = [
  list('sasl.enabled.mechanisms', ['GSSAPI'], 'medium', {
    check: listOf({ empty: 'allowed' }),
    dynamic: 'per-broker',
    effective: 'Mechanisms on offer: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER.',
  }),
  string('sasl.mechanism.inter.broker.protocol', 'GSSAPI', 'medium', {
    dynamic: 'per-broker',
    accepted: 'Mechanism between brokers.',
  }),
  string('sasl.mechanism.controller.protocol', 'GSSAPI', 'high', {
    accepted: 'Mechanism towards controllers.',
  }),
  password('sasl.jaas.config', null, 'medium', {
    dynamic: 'per-broker',
    effective: 'Log-in settings in JAAS form: the users of PLAIN, as user_<name> options.',
  }),
  className('sasl.server.callback.handler.class', null, 'medium', {
    accepted: 'Java class that checks a log-in.',
  }),
  int('sasl.server.max.receive.size', 524_288, 'medium', {
    effective: 'Largest log-in message.',
  }),
  className('sasl.client.callback.handler.class', null, 'medium', {
    accepted: "Java class that answers for the broker's own log-in.",
  }),
  className('sasl.login.class', null, 'medium', {
    accepted: "Java class for the broker's own log-in.",
  }),
  className('sasl.login.callback.handler.class', null, 'medium', {
    accepted: "Java class that answers the broker's own log-in.",
  }),
  int('sasl.login.connect.timeout.ms', null, 'low', {
    accepted: "How long a connection to the token's issuer may take.",
  }),
  int('sasl.login.read.timeout.ms', null, 'low', {
    accepted: "How long an answer of the token's issuer may take.",
  }),
  long('sasl.login.retry.backoff.ms', 100, 'low', {
    accepted: 'First pause before the issuer is tried again.',
  }),
  long('sasl.login.retry.backoff.max.ms', 10_000, 'low', {
    accepted: 'Longest pause before the issuer is tried again.',
  }),
  double('sasl.login.refresh.window.factor', 0.8, 'medium', {
    dynamic: 'per-broker',
    accepted: "Share of a credential's life after which it is renewed.",
  }),
  double('sasl.login.refresh.window.jitter', 0.05, 'medium', {
    dynamic: 'per-broker',
    accepted: 'Random share added to that.',
  }),
  short('sasl.login.refresh.min.period.seconds', 60, 'medium', {
    dynamic: 'per-broker',
    accepted: 'Shortest time between two renewals.',
  }),
  short('sasl.login.refresh.buffer.seconds', 300, 'medium', {
    dynamic: 'per-broker',
    accepted: 'Time before the end by which a credential must be renewed.',
  }),
  long('connections.max.reauth.ms', 0, 'medium', {
    effective: 'Time after which a client must log in again; 0 is never.',
  }),
  className(
    'principal.builder.class',
    'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder',
    'medium',
    {
      dynamic: 'per-broker',
      accepted: 'Java class that names the user of a connection.',
    },
  ),
  string('authorizer.class.name', '', 'low', {
    check: nonNullString,
    effective: `Who may do what: everybody everything when empty, or by ACLs: ${standardAuthorizer}.`,
  }),
  // Kafka's authorizer reads these two for itself.
  string('super.users', '', 'medium', {
    internal: true,
    effective: 'Who may do everything, as User:a;User:b.',
  }),
  flag('allow.everyone.if.no.acl.found', false, 'medium', {
    internal: true,
    effective: 'Whether a resource that no ACL is about is open to everybody.',
  }),
  string('sasl.kerberos.service.name', null, 'medium', {
    dynamic: 'per-broker',
    accepted: "Name of the broker's Kerberos service.",
  }),
  string('sasl.kerberos.kinit.cmd', '/usr/bin/kinit', 'medium', {
    dynamic: 'per-broker',
    accepted: 'The kinit program.',
  }),
  double('sasl.kerberos.ticket.renew.window.factor', 0.8, 'medium', {
    dynamic: 'per-broker',
    accepted: "Share of a ticket's life after which it is renewed.",
  }),
  double('sasl.kerberos.ticket.renew.jitter', 0.05, 'medium', {
    dynamic: 'per-broker',
    accepted: 'Random share added to that.',
  }),
  long('sasl.kerberos.min.time.before.relogin', 60_000, 'medium', {
    dynamic: 'per-broker',
    accepted: 'Shortest time between two tries to renew a ticket.',
  }),
  list('sasl.kerberos.principal.to.local.rules', ['DEFAULT'], 'medium', {
    check: listOf({ empty: 'allowed' }),
    dynamic: 'per-broker',
    accepted: 'Rules that turn a Kerberos principal into a user.',
  }),
  password('delegation.token.secret.key', null, 'medium', {
    effective:
      'Key, the same on all nodes, that delegation tokens follow from; none are made without it.',
  }),
  long('delegation.token.expiry.time.ms', 86_400_000, 'medium', {
    check: atLeast(1),
    effective: 'Time for which a delegation token is valid before it is renewed.',
  }),
  long('delegation.token.max.lifetime.ms', 604_800_000, 'medium', {
    check: atLeast(1),
    effective: 'Time for which a delegation token may be renewed.',
  }),
  long('delegation.token.expiry.check.interval.ms', 3_600_000, 'low', {
    check: atLeast(1),
    effective: 'Time between two looks for tokens past their time, which are removed.',
  }),
]
