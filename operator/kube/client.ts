// What the operator asks of the API server, one method each. Every call has a deadline. Owns the
// name under which fields are applied; keeps no objects.

import { KubeError } from './errors.ts'
import { type Kind, type KubeObject, pathOf } from './objects.ts'
import type { KubeRequest, KubeResponse, KubeTransport } from './transport.ts'

/** Whose fields are whose is told apart by this name (server-side apply). */
export const fieldManager = 'samsa-operator'

const applyType = 'application/apply-patch+yaml'
const mergeType = 'application/merge-patch+json'
/** Objects of one page of a list: a few megabytes at most. */
const listLimit = '500'

export interface Listed<T extends KubeObject> {
  readonly items: readonly T[]
  /** The version that a watch goes on from. */
  readonly resourceVersion: string
}

export interface KubeClientOptions {
  readonly transport: KubeTransport
  /** For one request. */
  readonly timeoutMs: number
  /** Whether what is asked is asked for thousands of objects. */
  readonly isBulk?: boolean
}

export class KubeClient {
  readonly transport: KubeTransport
  readonly #timeoutMs: number
  readonly #isBulk: boolean

  constructor({ transport, timeoutMs, isBulk = false }: KubeClientOptions) {
    this.transport = transport
    this.#timeoutMs = timeoutMs
    this.#isBulk = isBulk
  }

  /** Null when there is none. */
  async get<T extends KubeObject>(
    kind: Kind,
    namespace: string | undefined,
    name: string,
    signal?: AbortSignal,
  ): Promise<T | null> {
    const path = pathOf(kind, namespace, name)
    const response = await this.#send({ method: 'GET', path }, signal)
    if (response.status === 404) return null
    return accepted(response) as T
  }

  /** All objects of a kind, page by page. */
  async list<T extends KubeObject>(
    kind: Kind,
    options: { readonly namespace?: string; readonly labelSelector?: string },
    signal?: AbortSignal,
  ): Promise<Listed<T>> {
    const items: T[] = []
    let next = ''
    for (;;) {
      const query = {
        limit: listLimit,
        ...(options.labelSelector !== undefined && { labelSelector: options.labelSelector }),
        ...(next !== '' && { continue: next }),
      }
      const path = pathOf(kind, options.namespace)
      const page = accepted(await this.#send({ method: 'GET', path, query }, signal)) as ListPage<T>
      // The items of a list do not say what they are.
      const { apiVersion, kind: name } = kind
      for (const item of page.items) items.push({ ...item, apiVersion, kind: name })
      next = page.metadata.continue ?? ''
      if (next === '') return { items, resourceVersion: page.metadata.resourceVersion }
    }
  }

  /**
   * Makes the object what it should be: fields that are given are ours from now on, fields that we
   * gave before and do not any more are removed, all others are left alone.
   */
  async apply<T extends KubeObject>(
    kind: Kind,
    object: KubeObject,
    signal?: AbortSignal,
  ): Promise<T> {
    const { namespace, name } = object.metadata
    return this.#apply(pathOf(kind, namespace, name), object, signal)
  }

  async applyStatus<T extends KubeObject>(
    kind: Kind,
    object: KubeObject,
    signal?: AbortSignal,
  ): Promise<T> {
    const { namespace, name } = object.metadata
    return this.#apply(pathOf(kind, namespace, name, 'status'), object, signal)
  }

  async #apply<T>(path: string, body: KubeObject, signal?: AbortSignal): Promise<T> {
    const query = { fieldManager, force: 'true' }
    const request = { method: 'PATCH', path, query, contentType: applyType, body } as const
    return accepted(await this.#send(request, signal)) as T
  }

  /** Rejects with AlreadyExists (409) where there is one. */
  async create<T extends KubeObject>(
    kind: Kind,
    object: KubeObject,
    signal?: AbortSignal,
  ): Promise<T> {
    const path = pathOf(kind, object.metadata.namespace)
    const query = { fieldManager }
    return accepted(await this.#send({ method: 'POST', path, query, body: object }, signal)) as T
  }

  /** Rejects with Conflict (409) when the object is not the version that `object` carries. */
  async replace<T extends KubeObject>(
    kind: Kind,
    object: KubeObject,
    signal?: AbortSignal,
  ): Promise<T> {
    const { namespace, name } = object.metadata
    const path = pathOf(kind, namespace, name)
    const query = { fieldManager }
    return accepted(await this.#send({ method: 'PUT', path, query, body: object }, signal)) as T
  }

  /** Changes what `patch` names and nothing else; null removes a field. */
  async merge<T extends KubeObject>(
    kind: Kind,
    object: Pick<KubeObject, 'metadata'>,
    patch: unknown,
    signal?: AbortSignal,
  ): Promise<T> {
    const { namespace, name } = object.metadata
    const path = pathOf(kind, namespace, name)
    const query = { fieldManager }
    const request = { method: 'PATCH', path, query, contentType: mergeType, body: patch } as const
    return accepted(await this.#send(request, signal)) as T
  }

  /**
   * Deletes this very object: one of the same name that was made since is left alone. False when it
   * is not there any more.
   */
  async delete(
    kind: Kind,
    object: Pick<KubeObject, 'metadata'>,
    options: { readonly gracePeriodSeconds?: number } = {},
    signal?: AbortSignal,
  ): Promise<boolean> {
    const { namespace, name, uid } = object.metadata
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      ...(uid !== undefined && { preconditions: { uid } }),
      ...options,
    }
    const path = pathOf(kind, namespace, name)
    const response = await this.#send({ method: 'DELETE', path, body }, signal)
    if (response.status === 404 || response.status === 409) return false
    accepted(response)
    return true
  }

  #send(request: Omit<KubeRequest, 'signal'>, signal?: AbortSignal): Promise<KubeResponse> {
    const timeout = AbortSignal.timeout(this.#timeoutMs)
    const both = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
    return this.transport.request({ ...request, isBulk: this.#isBulk, signal: both })
  }
}

interface ListPage<T> {
  readonly items: readonly T[]
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string }
}

/** The body of an answer that is a yes; throws the KubeError that it is otherwise. */
function accepted(response: KubeResponse): unknown {
  if (response.status < 300) return response.body
  throw errorOf(response.status, response.body, response.retryAfterMs)
}

export function errorOf(status: number, body: unknown, retryAfterMs: number | null): KubeError {
  const { reason, message } = (body ?? {}) as { reason?: string; message?: string }
  const text = message ?? `the API server answered ${status}`
  return new KubeError(status, reason ?? String(status), text, retryAfterMs)
}
