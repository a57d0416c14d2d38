// What this node shows to others of its cluster, and whom it trusts there, while it runs: one store
// for those that call and those that are called. New connections use what is in the files now;
// connections that stand go on. A certificate counts for the nodes that it names, and no others.

import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import type { Clock } from '../../clock.ts'
import { TlsAcceptor } from '../../network/tls-acceptor.ts'
import { nodeIdsOf, nodeName } from './node-names.ts'
import { WatchedKeys, type WatchedKeysOptions } from './watched-keys.ts'

const handshakeTimeoutMs = 10_000
/** gRPC's name in TLS; other implementations insist on it. */
const applicationProtocols = ['h2']
/** A refused node tries again several times a second. */
const toldEveryMs = 10_000

export interface NodeKeysOptions extends WatchedKeysOptions {
  readonly nodeId: number
  readonly clock: Clock
}

/** This node's own keys do not let it be what it is configured to be. */
export class NodeKeysError extends Error {
  override readonly name = 'NodeKeysError'
}

export class NodeKeys {
  readonly #options: NodeKeysOptions
  readonly #keys: WatchedKeys
  readonly #acceptors: TlsAcceptor[] = []
  #material: SecureContextOptions
  #context: SecureContext
  #toldAtMs = Number.NEGATIVE_INFINITY
  #untold = 0

  /** Rejects with NodeKeysError. */
  static async open(options: NodeKeysOptions): Promise<NodeKeys> {
    try {
      const keys = await WatchedKeys.open(options)
      assertNames(keys.material, options)
      return new NodeKeys(options, keys)
    } catch (error) {
      const { message } = error as Error
      const text = `the keys of node ${options.nodeId} for ${options.listener}: ${message}`
      throw new NodeKeysError(text, { cause: error })
    }
  }

  private constructor(options: NodeKeysOptions, keys: WatchedKeys) {
    this.#options = options
    this.#keys = keys
    this.#material = keys.material
    this.#context = createSecureContext(keys.material)
    keys.watch((material) => this.#replace(material))
  }

  /** For the connections of one server: it asks each for a certificate. */
  newAcceptor(): TlsAcceptor {
    // Only `requested`, so that a refusal says why: who shows none is refused by nodesOf.
    const context = { material: this.#material, clientAuth: 'requested' } as const
    const acceptor = new TlsAcceptor({ context, handshakeTimeoutMs, applicationProtocols })
    this.#acceptors.push(acceptor)
    return acceptor
  }

  /** For the next connection to another node. */
  get context(): SecureContext {
    return this.#context
  }

  #replace(material: SecureContextOptions): void {
    assertNames(material, this.#options)
    const context = createSecureContext(material)
    for (const acceptor of this.#acceptors) acceptor.replace(material)
    this.#material = material
    this.#context = context
  }

  /** A connection did not come to be, because of what one end of it showed. Told now and then. */
  refused(remoteHost: string, error: Error): void {
    const { clock, events, listener } = this.#options
    const nowMs = clock.monotonicMs()
    if (nowMs - this.#toldAtMs < toldEveryMs) {
      this.#untold++
      return
    }
    const { message: reason } = error
    const fields = { listener, remoteHost, reason, untold: this.#untold }
    events.warn(fields, 'a connection between nodes was refused')
    this.#toldAtMs = nowMs
    this.#untold = 0
  }

  close(): void {
    this.#keys.close()
  }
}

/** Others would refuse a node that shows a certificate for another one: better before it starts. */
function assertNames({ cert }: SecureContextOptions, { nodeId }: NodeKeysOptions): void {
  const certificate = new X509Certificate(String(cert))
  if (nodeIdsOf(certificate).has(nodeId)) return
  const names = certificate.subjectAltName ?? certificate.subject
  throw new Error(
    `the certificate is for ${names} and has no ${nodeName(nodeId)} among its DNS names: ` +
      `make one by samsa certs node ${nodeId}`,
  )
}
