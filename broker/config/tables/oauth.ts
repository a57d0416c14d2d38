// Broker configs: SASL OAUTHBEARER (KIP-768, KIP-1139). What is about a log-in of the broker's own
// has no effect: between nodes there is no SASL.

import { between, listOf, oneOfAnyCase } from '../checks.ts'
import {
  type ConfigDefinition,
  className,
  flag,
  int,
  list,
  long,
  password,
  string,
} from '../definition.ts'

export const oauthConfigs: readonly ConfigDefinition[] = [
  string('sasl.oauthbearer.token.endpoint.url', null, 'medium', {
    accepted: "Where the broker's own token comes from.",
  }),
  string('sasl.oauthbearer.jwks.endpoint.url', null, 'medium', {
    effective: 'URL of the keys of who issues tokens: https:, file:, or http: of this machine.',
  }),
  long('sasl.oauthbearer.jwks.endpoint.refresh.ms', 3_600_000, 'low', {
    effective: 'Age at which those keys are fetched again before they are used.',
  }),
  long('sasl.oauthbearer.jwks.endpoint.retry.backoff.ms', 100, 'low', {
    effective: 'Pause after the first failed try to fetch the keys, doubled with each.',
  }),
  long('sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms', 10_000, 'low', {
    effective: 'Longest such pause; keys that are not known are looked for as often.',
  }),
  list('sasl.oauthbearer.expected.audience', [], 'high', {
    check: listOf({ empty: 'allowed' }),
    effective: 'Audiences of which a token must name one; without any, it may name none.',
  }),
  string('sasl.oauthbearer.expected.issuer', null, 'high', {
    effective: 'Issuer that a token must name; any when unset.',
  }),
  int('sasl.oauthbearer.clock.skew.seconds', 30, 'low', {
    effective: "By how much the issuer's clock may differ.",
  }),
  string('sasl.oauthbearer.scope', null, 'medium', {
    accepted: "Scope that the broker's own token asks for.",
  }),
  string('sasl.oauthbearer.scope.claim.name', 'scope', 'low', {
    effective: 'Claim that holds the scope.',
  }),
  string('sasl.oauthbearer.sub.claim.name', 'sub', 'low', {
    effective: 'Claim that holds the user.',
  }),
  className(
    'sasl.oauthbearer.jwt.retriever.class',
    'org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever',
    'medium',
    {
      accepted: 'Java class that fetches tokens.',
    },
  ),
  className(
    'sasl.oauthbearer.jwt.validator.class',
    'org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator',
    'medium',
    {
      accepted: 'Java class that checks tokens.',
    },
  ),
  string('sasl.oauthbearer.client.credentials.client.id', null, 'medium', {
    accepted: "Client id of the broker's own token.",
  }),
  password('sasl.oauthbearer.client.credentials.client.secret', null, 'medium', {
    accepted: "Secret of the broker's own token.",
  }),
  string('sasl.oauthbearer.assertion.algorithm', 'RS256', 'medium', {
    check: oneOfAnyCase('ES256', 'RS256'),
    accepted: 'Signature of the assertion that a token is asked for with.',
  }),
  string('sasl.oauthbearer.assertion.file', null, 'medium', {
    accepted: 'File with a ready assertion.',
  }),
  string('sasl.oauthbearer.assertion.template.file', null, 'medium', {
    accepted: 'File with the fixed part of an assertion.',
  }),
  string('sasl.oauthbearer.assertion.private.key.file', null, 'medium', {
    accepted: 'File with the key that signs assertions.',
  }),
  password('sasl.oauthbearer.assertion.private.key.passphrase', null, 'medium', {
    accepted: 'Password of that key.',
  }),
  string('sasl.oauthbearer.assertion.claim.aud', null, 'medium', {
    accepted: 'Audience of an assertion.',
  }),
  string('sasl.oauthbearer.assertion.claim.iss', null, 'medium', {
    accepted: 'Issuer of an assertion.',
  }),
  string('sasl.oauthbearer.assertion.claim.sub', null, 'medium', {
    accepted: 'Subject of an assertion.',
  }),
  flag('sasl.oauthbearer.assertion.claim.jti.include', false, 'medium', {
    accepted: 'Whether an assertion gets an id of its own.',
  }),
  int('sasl.oauthbearer.assertion.claim.exp.seconds', 300, 'low', {
    check: between(0, 86_400),
    accepted: 'Time for which an assertion is valid.',
  }),
  int('sasl.oauthbearer.assertion.claim.nbf.seconds', 60, 'low', {
    check: between(0, 3600),
    accepted: 'Time before now from which an assertion is valid.',
  }),
]
