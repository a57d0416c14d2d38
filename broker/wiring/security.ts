// The security of client listeners: opens the TLS of each and the log-in of all.

import type { MetadataImage } from '@samsa/controller/image'
import { Authorizer } from '../authorization/authorizer.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { OauthConfig } from '../config/listener-oauth.ts'
import type { TlsConfig } from '../config/listener-tls.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import type { LogEvents } from '../log/log-manager.ts'
import { DelegationTokens } from '../security/sasl/delegation-tokens.ts'
import { LogIn, type LogInOptions } from '../security/sasl/log-in.ts'
import type { TokenVerifier } from '../security/sasl/oauth/bearer.ts'
import type { ListenerTls } from '../security/tls/listener-tls.ts'
import { systemClock, systemTimers } from '../system-time.ts'

export interface SecurityOptions {
  readonly file: BrokerConfig
  /** With what was changed while the node runs. */
  readonly current: () => BrokerConfig
  readonly image: () => MetadataImage
  readonly events: LogEvents
}

/** By listener. Rejects with what is wrong with the keys of one. */
export async function openListenerTls({
  file,
  current,
  events,
}: SecurityOptions): Promise<ReadonlyMap<string, ListenerTls>> {
  const opened = new Map<string, ListenerTls>()
  for (const { listener } of file.listeners) {
    const first = file.listenerSecurity(listener).tls
    if (first === null) continue
    const config = (): TlsConfig => current().listenerSecurity(listener).tls ?? first
    const options = { listener, config, disk: nodeDisk, timers: systemTimers, events }
    const tls = await import('../security/tls/listener-tls.ts')
    opened.set(listener, await tls.ListenerTls.open(options))
  }
  return opened
}

export function makeDelegationTokens({ file, image }: SecurityOptions): DelegationTokens {
  const { secretKey } = file.delegationTokens
  return new DelegationTokens({ secretKey, image, nowMs: systemClock.nowMs })
}

export function makeLogIn(
  { file, current, image, events }: SecurityOptions,
  delegationTokens: DelegationTokens,
): LogIn {
  return new LogIn({
    delegationTokens,
    config: (listener) => current().listenerSecurity(listener).sasl,
    image,
    frameBytesMax: file.socketRequestMaxBytes,
    tokenVerifier: makeTokenVerifiers(events),
    failureDelayMs: () => current().connectionFailedAuthenticationDelayMs,
    clock: systemClock,
    timers: systemTimers,
    onResult: ({ remoteHost, listener, principal }, reason) => {
      if (reason !== null) events.warn({ remoteHost, listener, reason }, 'a log-in failed')
      else events.debug({ remoteHost, listener, principal }, 'logged in')
    },
  })
}

/** One a listener, made with its first log-in: who asks for no tokens does without the library. */
function makeTokenVerifiers(events: LogEvents): LogInOptions['tokenVerifier'] {
  const known = new Map<string, Promise<TokenVerifier>>()
  const make = async (listener: string, config: OauthConfig): Promise<TokenVerifier> => {
    const [{ makeTokenVerifier }, { Jwks }, { fetchJwks }] = await Promise.all([
      import('../security/sasl/oauth/jwt.ts'),
      import('../security/sasl/oauth/jwks.ts'),
      import('../security/sasl/oauth/fetch-jwks.ts'),
    ])
    const url = config.jwksUrl
    const jwks = new Jwks({
      config,
      fetch: () => fetchJwks(config, nodeDisk),
      monotonicMs: systemClock.monotonicMs,
      onFetched: (result) => {
        if ('keys' in result) events.info({ listener, url, ...result }, 'keys of tokens fetched')
        else events.warn({ listener, url, ...result }, 'keys of tokens could not be fetched')
      },
    })
    return makeTokenVerifier(config, jwks, systemClock.nowMs)
  }
  return (listener, config) => async (token) => {
    const verifier = known.get(listener) ?? make(listener, config)
    known.set(listener, verifier)
    return (await verifier)(token)
  }
}

/** Null where no authorizer is configured. */
export function makeAuthorizer({ file, image }: SecurityOptions): Authorizer | null {
  if (!file.isAuthorized) return null
  return new Authorizer({
    entries: () => image().accessControlEntries,
    superUsers: file.superUsers,
    allowIfNoneFound: file.allowEveryoneIfNoAclFound,
  })
}
