// A way to one controller, whoever carries the messages: its service as a client sees it. Here by
// gRPC; the controller of this very node is reached without (see controller-thread/).

import type { Client } from '@grpc/grpc-js'
import {
  callUnary,
  openBidiStream,
  openServerStream,
  type UnaryOptions,
} from '@samsa/proto/grpc/calls'
import type { NodeCredentials } from '@samsa/proto/grpc/credentials'
import {
  type AskAnswer,
  type AskRequestInit,
  type BrokerAnswer,
  type BrokerMessageInit,
  Controller,
  type FollowRequestInit,
  type MetadataUpdate,
} from '@samsa/proto/grpc/gen/controller'
import { grpcJs } from '@samsa/proto/grpc/grpc-js'
import { channelOptions } from '@samsa/proto/grpc/options'

/** What comes on a stream. It ends by 'end' or 'error'; a stream that was left says no more. */
export interface Incoming<Message> {
  on(event: 'data', listener: (message: Message) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'end', listener: () => void): unknown
  /** The other side is done with it. */
  on(event: 'status', listener: () => void): unknown
  /** Leaves it. */
  cancel(): void
}

export interface Conversation<Sent, Received> extends Incoming<Received> {
  write(message: Sent): unknown
  end(): unknown
}

export type SessionStream = Conversation<BrokerMessageInit, BrokerAnswer>
export type MetadataStream = Incoming<MetadataUpdate>

export interface ControllerCaller {
  /** Rejects when nobody is reached by then: what is asked afterwards was certainly not done. */
  ready(timeoutMs: number): Promise<void>
  /** Rejects with an error whose `code` is a gRPC status. */
  ask(request: AskRequestInit, options: UnaryOptions): Promise<AskAnswer>
  session(): SessionStream
  follow(request: FollowRequestInit): MetadataStream
  close(): void
}

export class GrpcControllerCaller implements ControllerCaller {
  readonly #client: Client

  /** `target`: host and port. */
  constructor(target: string, credentials: NodeCredentials) {
    this.#client = new (grpcJs().Client)(target, credentials(null), channelOptions)
  }

  ready(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#client.waitForReady(Date.now() + timeoutMs, (error) => {
        if (error === undefined) resolve()
        else reject(error)
      })
    })
  }

  ask(request: AskRequestInit, options: UnaryOptions): Promise<AskAnswer> {
    return callUnary(this.#client, Controller.ask, request, options)
  }

  session(): SessionStream {
    return openBidiStream(this.#client, Controller.session)
  }

  follow(request: FollowRequestInit): MetadataStream {
    return openServerStream(this.#client, Controller.follow, request)
  }

  close(): void {
    this.#client.close()
  }
}
