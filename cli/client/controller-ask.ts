// One request to the active controller by gRPC, for what the Kafka protocol has no words for. It
// goes to the controller's own listener, which is not one for clients: this works where nodes reach
// each other.

import { X509Certificate } from 'node:crypto'
import type { PeerCertificate } from 'node:tls'
import type { ChannelCredentials } from '@grpc/grpc-js'
import { type ArgumentsOf, methods, type RemoteMethod } from '@samsa/controller/remote/methods'
import { callUnary } from '@samsa/proto/grpc/calls'
import { Controller as ControllerService } from '@samsa/proto/grpc/gen/controller'
import { grpcJs } from '@samsa/proto/grpc/grpc-js'
import { channelOptions } from '@samsa/proto/grpc/options'
import { ConnectionError, KafkaError } from './errors.ts'
import type { Listener, Quorum } from './quorum.ts'

export interface AskOptions {
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** PEM, where nodes talk by TLS; null in the clear. */
  readonly keys: NodeKeyTexts | null
}

export interface NodeKeyTexts {
  /** The private key and the certificate of some node. */
  readonly shown: Buffer
  readonly trusted: Buffer
}

/** Asks once: what was under way when the connection broke may have been done. */
export async function askController<M extends RemoteMethod>(
  quorum: Quorum,
  method: M,
  args: ArgumentsOf<M>,
  options: AskOptions,
): Promise<void> {
  const { host, port } = listenerOf(quorum)
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  const client = new (grpcJs().Client)(address, credentialsOf(options.keys, quorum), channelOptions)
  try {
    const request = { method, arguments: methods[method].arguments.encode(args) }
    const answer = await callUnary(client, ControllerService.ask, request, options).catch(
      (error: Error) => {
        throw new ConnectionError(`controller at ${address}: ${error.message}`, 1, { cause: error })
      },
    )
    const { refusal } = answer
    if (refusal) throw new KafkaError(refusal.error, 'the controller', refusal.message)
  } finally {
    client.close()
  }
}

function listenerOf({ leaderId, members }: Quorum): Listener {
  const leader = members.find((member) => member.isVoter && member.id === leaderId)
  const [listener] = leader?.listeners ?? []
  if (listener !== undefined) return listener
  throw new ConnectionError(
    leader === undefined
      ? 'the quorum has no leader'
      : `it is not known where controller ${leaderId} listens`,
  )
}

/** The leader's certificate names it as it does to other nodes. */
function credentialsOf(keys: NodeKeyTexts | null, { leaderId }: Quorum): ChannelCredentials {
  const { credentials } = grpcJs()
  if (keys === null) return credentials.createInsecure()
  const { shown, trusted } = keys
  const name = `samsa-node-${leaderId}`
  const checkServerIdentity = (_: string, { raw }: PeerCertificate) => {
    const isLeader = new X509Certificate(raw).checkHost(name, { subject: 'always' }) !== undefined
    return isLeader ? undefined : new Error(`its certificate is not that of ${name}`)
  }
  return credentials.createSsl(trusted, shown, shown, { checkServerIdentity })
}
