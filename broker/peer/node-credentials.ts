// Calls to other nodes by mutual TLS, as grpc-js takes it: each new connection uses the keys that
// this node has then, and wants the other end's certificate to name the node that it means to call.

import { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { connect, type PeerCertificate } from 'node:tls'
import type { experimental } from '@grpc/grpc-js'
import type { NodeCredentials } from '@samsa/proto/grpc/credentials'
import { grpcJs } from '@samsa/proto/grpc/grpc-js'
import type { NodeKeys } from '../security/tls/node-keys.ts'
import { nodeIdsOf, nodeName } from '../security/tls/node-names.ts'

/**
 * grpc-js has credentials that follow certificates for experiments only, and those know neither TLS
 * versions nor keys with a password. The methods here are its own way of making others, in
 * 1.14; a change of them is an error of types.
 */
export function tlsCredentials(keys: NodeKeys): NodeCredentials {
  const { CallCredentials, ChannelCredentials } = grpcJs()
  class TlsCredentials extends ChannelCredentials {
    readonly #nodeId: number | null

    constructor(nodeId: number | null) {
      super()
      this.#nodeId = nodeId
    }

    override _isSecure(): boolean {
      return true
    }

    override _equals(other: unknown): boolean {
      return this === other
    }

    override _createSecureConnector(): experimental.SecureConnector {
      const credentials = CallCredentials.createEmpty()
      return {
        connect: async (socket) => ({
          socket: await secured(socket, keys, this.#nodeId),
          secure: true,
        }),
        waitForReady: async () => {},
        getCallCredentials: () => credentials,
        destroy() {},
      }
    }
  }
  return (nodeId) => new TlsCredentials(nodeId)
}

function secured(socket: Socket, keys: NodeKeys, nodeId: number | null): Promise<Socket> {
  const remoteHost = socket.remoteAddress ?? ''
  const checkServerIdentity = (_: string, { raw }: PeerCertificate) =>
    whyNot(new X509Certificate(raw), nodeId)
  return new Promise((resolve, reject) => {
    const { context: secureContext } = keys
    const ALPNProtocols = ['h2']
    const encrypted = connect({ socket, secureContext, ALPNProtocols, checkServerIdentity }, () => {
      encrypted.off('close', closed)
      encrypted.off('error', failed)
      resolve(encrypted)
    })
    const closed = () => reject(new Error('the connection closed in the TLS handshake'))
    const failed = (error: Error & { readonly code?: string }) => {
      // A node that stops in the middle of it refuses nobody.
      if (error.code !== 'ECONNRESET') keys.refused(remoteHost, error)
      reject(error)
    }
    encrypted.once('close', closed)
    encrypted.once('error', failed)
  })
}

function whyNot(certificate: X509Certificate, nodeId: number | null): Error | undefined {
  const named = nodeIdsOf(certificate)
  if (nodeId === null ? named.size > 0 : named.has(nodeId)) return undefined
  const shown = certificate.subjectAltName ?? certificate.subject
  const called = nodeId === null ? 'a node' : nodeName(nodeId)
  return new Error(`its certificate is for ${shown}, and ${called} was called`)
}
