// The security of client listeners: opens the TLS of each and the log-in of all.

import type { MetadataImage } from '@samsa/controller/image'
import { Authorizer } from '../authorization/authorizer.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { TlsConfig } from '../config/listener-tls.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import type { LogEvents } from '../log/log-manager.ts'
import { LogIn } from '../security/sasl/log-in.ts'
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

export function makeLogIn({ file, current, image, events }: SecurityOptions): LogIn {
  return new LogIn({
    config: (listener) => current().listenerSecurity(listener).sasl,
    image,
    frameBytesMax: file.socketRequestMaxBytes,
    failureDelayMs: () => current().connectionFailedAuthenticationDelayMs,
    clock: systemClock,
    timers: systemTimers,
    onResult: ({ remoteHost, listener, principal }, result) => {
      if (result === 'failed') events.warn({ remoteHost, listener }, 'a log-in failed')
      else events.debug({ remoteHost, listener, principal }, 'logged in')
    },
  })
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
