// TLS of one listener while the node runs: the first context, and a new one whenever the files or
// the settings have changed, with no connection lost. Owns the acceptor.

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { TlsAcceptor } from '../../network/tls-acceptor.ts'
import { distinguishedName } from './distinguished-name.ts'
import { PrincipalRules } from './principal-rules.ts'
import { WatchedKeys, type WatchedKeysOptions } from './watched-keys.ts'

const handshakeTimeoutMs = 10_000

export class ListenerTls {
  readonly acceptor: TlsAcceptor
  readonly #keys: WatchedKeys
  readonly #rules: PrincipalRules

  /** Rejects with what is wrong with the keys, and where. */
  static async open(options: WatchedKeysOptions): Promise<ListenerTls> {
    try {
      const { clientAuth, principalMappingRules } = options.config()
      const rules = new PrincipalRules(principalMappingRules)
      const keys = await WatchedKeys.open(options)
      const context = { material: keys.material, clientAuth }
      const acceptor = new TlsAcceptor({ context, handshakeTimeoutMs })
      keys.watch((material) => acceptor.replace(material))
      return new ListenerTls(acceptor, keys, rules)
    } catch (error) {
      const problem = (error as Error).message
      throw new Error(`listener ${options.listener} cannot serve TLS: ${problem}`, { cause: error })
    }
  }

  private constructor(acceptor: TlsAcceptor, keys: WatchedKeys, rules: PrincipalRules) {
    this.acceptor = acceptor
    this.#keys = keys
    this.#rules = rules
  }

  /** The user that a connection's certificate names. Throws when no rule takes it. */
  principalOf(socket: Socket): string {
    const certificate = (socket as Partial<TLSSocket>).getPeerX509Certificate?.()
    if (certificate === undefined) return 'User:ANONYMOUS'
    return `User:${this.#rules.userOf(distinguishedName(certificate.subject))}`
  }

  close(): void {
    this.#keys.close()
  }
}
