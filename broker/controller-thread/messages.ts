// What the main thread and the controller's thread say to each other of the thread itself: where
// the controller is reached and how it is. What the broker asks of it goes over `calls`.

import type { MessagePort } from 'node:worker_threads'

export interface ControllerThreadData {
  /** The file and the command line: the thread reads its configuration from them by itself. */
  readonly settings: ReadonlyMap<string, string>
  /** null before the node has joined a cluster. */
  readonly clusterId: string | null
  readonly directoryId: string
  /** A new one each start of the process. */
  readonly incarnationId: string
  /** What the broker of this process asks of its controller: see call-messages.ts. */
  readonly calls: MessagePort
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export type FromControllerThread =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'failed'; readonly reason: ErrorDescription }
  | {
      readonly type: 'log'
      readonly level: LogLevel
      readonly fields: object
      readonly message: string
    }
  | { readonly type: 'status'; readonly id: number; readonly status: ControllerStatus }
  /** All is closed: the thread may end. */
  | { readonly type: 'closed' }

export type ToControllerThread =
  | { readonly type: 'status'; readonly id: number }
  | { readonly type: 'close' }

/** The state of the controller, for metrics. */
export interface ControllerStatus {
  readonly isActive: boolean
  readonly leaderId: number
  readonly epoch: number
  readonly highWatermark: number
  readonly voterCount: number
  readonly connectedBrokers: number
  readonly followers: number
  /** How often files of the metadata log were found damaged since the start. */
  readonly damageCount: number
  /** How late the thread's event loop was since the last status. */
  readonly eventLoopDelayMaxMs: number
}

/** An error as it crosses threads, where classes and their fields are lost. */
export interface ErrorDescription {
  readonly type: string
  readonly message: string
  readonly stack: string | undefined
  /** What a system call says of its failure. */
  readonly code: string | undefined
  readonly address: string | undefined
  readonly port: number | undefined
}

export function describeError(error: unknown): ErrorDescription {
  const known = error instanceof Error ? error : new Error(String(error))
  const { name, message, stack } = known
  const { code, address, port } = known as Partial<SystemError>
  return { type: name, message, stack, code, address, port }
}

interface SystemError extends Error {
  readonly code: string
  readonly address: string
  readonly port: number
}
