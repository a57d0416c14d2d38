// The TLS handshake of one listener's connections. Owns the context that new handshakes use, which
// can be replaced at any time: connections that stand keep the one they began with. Reads no files
// and knows no names of users.

import type { Socket } from 'node:net'
import {
  createSecureContext,
  createServer,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
} from 'node:tls'

export interface TlsContext {
  /** Keys, certificates, versions and ciphers as node:tls takes them. */
  readonly material: SecureContextOptions
  /** `requested`: a client without a certificate is let in, one with an untrusted one is not. */
  readonly clientAuth: 'none' | 'requested' | 'required'
}

export interface TlsAcceptorOptions {
  readonly context: TlsContext
  readonly handshakeTimeoutMs: number
  /** What is spoken inside, where clients choose by name (ALPN). */
  readonly applicationProtocols?: readonly string[]
}

interface Waiting {
  readonly onSecure: (socket: TLSSocket) => void
  readonly onFailed: (error: Error) => void
}

export class TlsAcceptor {
  readonly #server: Server
  readonly #clientAuth: TlsContext['clientAuth']
  /** By the peer's address and port, which name a connection while it is there. */
  readonly #waiting = new Map<string, Waiting>()

  /** Throws what node:tls says of key material that it cannot use. */
  constructor({ context, handshakeTimeoutMs, applicationProtocols }: TlsAcceptorOptions) {
    this.#clientAuth = context.clientAuth
    this.#server = createServer({
      ...context.material,
      requestCert: context.clientAuth !== 'none',
      rejectUnauthorized: context.clientAuth === 'required',
      handshakeTimeout: handshakeTimeoutMs,
      pauseOnConnect: true,
      ...(applicationProtocols === undefined ? {} : { ALPNProtocols: [...applicationProtocols] }),
    })
    this.#server.on('secureConnection', (socket) => this.#secured(socket))
    this.#server.on('tlsClientError', (error, socket) => this.#failed(socket, error))
  }

  /**
   * What later handshakes use. Throws, and changes nothing, when it cannot be used. Tickets of
   * earlier sessions end with the context that gave them, so that nobody gets past a certificate
   * check by resuming.
   */
  replace(material: SecureContextOptions): void {
    createSecureContext(material)
    this.#server.setSecureContext(material)
  }

  /** Resolves the handshake of an accepted, unread connection one way or the other. */
  accept(socket: Socket, waiting: Waiting): void {
    const key = peerOf(socket)
    this.#waiting.set(key, waiting)
    socket.once('close', () => {
      const left = this.#take(key)
      left?.onFailed(new Error('the connection closed in the TLS handshake'))
    })
    this.#server.emit('connection', socket)
  }

  #secured(socket: TLSSocket): void {
    socket.disableRenegotiation()
    const waiting = this.#take(peerOf(socket))
    const isUntrusted = !socket.authorized && socket.getPeerX509Certificate() !== undefined
    if (this.#clientAuth === 'requested' && isUntrusted) {
      socket.destroy()
      waiting?.onFailed(new Error(`untrusted certificate: ${socket.authorizationError}`))
    } else if (waiting === undefined) socket.destroy()
    else waiting.onSecure(socket)
  }

  #failed(socket: TLSSocket, error: Error): void {
    const waiting = this.#take(peerOf(socket))
    socket.destroy()
    waiting?.onFailed(error)
  }

  #take(key: string): Waiting | undefined {
    const waiting = this.#waiting.get(key)
    this.#waiting.delete(key)
    return waiting
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
