// TLS of one listener while the node runs: the first context, and a new one whenever the files or
// the settings have changed, with no connection lost. A change that cannot be used is told once and
// changes nothing. Owns the acceptor.

import type { Socket } from 'node:net'
import type { SecureContextOptions, TLSSocket } from 'node:tls'
import type { Timers } from '../../clock.ts'
import type { TlsConfig } from '../../config/listener-tls.ts'
import type { Disk } from '../../disk/disk.ts'
import { TlsAcceptor } from '../../network/tls-acceptor.ts'
import { distinguishedName } from './distinguished-name.ts'
import { readKeyMaterial } from './key-material.ts'
import { PrincipalRules } from './principal-rules.ts'

/** Reading a few small files costs some 0.1 ms, and sees every way of replacing them. */
const checkEveryMs = 1_000
const handshakeTimeoutMs = 10_000

export interface ListenerTlsEvents {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export interface ListenerTlsOptions {
  readonly listener: string
  /** As it is now. */
  readonly config: () => TlsConfig
  readonly disk: Disk
  readonly timers: Timers
  readonly events: ListenerTlsEvents
}

export class ListenerTls {
  readonly acceptor: TlsAcceptor
  readonly #options: ListenerTlsOptions
  readonly #rules: PrincipalRules
  #inUse: string
  /** The last change that could not be used, so that it is told once. */
  #refused = ''
  #timer: { cancel(): void } | null = null
  #closed = false

  /** Rejects with what is wrong with the keys, and where. */
  static async open(options: ListenerTlsOptions): Promise<ListenerTls> {
    const config = options.config()
    try {
      const material = await readKeyMaterial(config, options.disk)
      return new ListenerTls(options, config, material)
    } catch (error) {
      throw new Error(
        `listener ${options.listener} cannot serve TLS: ${(error as Error).message}`,
        {
          cause: error,
        },
      )
    }
  }

  private constructor(
    options: ListenerTlsOptions,
    config: TlsConfig,
    material: SecureContextOptions,
  ) {
    this.#options = options
    this.#rules = new PrincipalRules(config.principalMappingRules)
    const { clientAuth } = config
    this.acceptor = new TlsAcceptor({ context: { material, clientAuth }, handshakeTimeoutMs })
    this.#inUse = fingerprint(material)
    this.#watch()
  }

  /** The user that a connection's certificate names. Throws when no rule takes it. */
  principalOf(socket: Socket): string {
    const certificate = (socket as Partial<TLSSocket>).getPeerX509Certificate?.()
    if (certificate === undefined) return 'User:ANONYMOUS'
    return `User:${this.#rules.userOf(distinguishedName(certificate.subject))}`
  }

  #watch(): void {
    if (this.#closed) return
    this.#timer = this.#options.timers.schedule(checkEveryMs, () => {
      void this.#check().then(() => this.#watch())
    })
  }

  async #check(): Promise<void> {
    const { listener, config, disk, events } = this.#options
    let seen = ''
    try {
      const material = await readKeyMaterial(config(), disk)
      seen = fingerprint(material)
      if (seen === this.#inUse || this.#closed) return
      this.acceptor.replace(material)
      this.#inUse = seen
      this.#refused = ''
      events.info({ listener }, 'new certificates are in use')
    } catch (error) {
      const problem = `${seen}${(error as Error).message}`
      if (problem === this.#refused) return
      this.#refused = problem
      events.warn({ listener, error }, 'changed certificates cannot be used; the old ones stay')
    }
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }
}

/** Tells one state of the material from another; kept in memory only. */
function fingerprint({ pfx, ...rest }: SecureContextOptions): string {
  const store = Buffer.isBuffer(pfx) ? pfx.toString('base64') : ''
  return JSON.stringify([store, rest])
}
