// Access by the service account that Kubernetes mounts into a pod: where the API server is, what it
// is known by, and a token that is read anew each minute, since the kubelet replaces it. Of our own
// because a pod needs nothing else of a kubeconfig, whose library costs 30 MB.

import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KubeAccess } from './kube-config.ts'

export interface InClusterOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly nowMs: () => number
  readonly folder?: string
}

const mounted = '/var/run/secrets/kubernetes.io/serviceaccount'
const freshForMs = 60_000

/** Null where this is no pod with a service account, or KUBECONFIG names something else. */
export function inClusterAccess({
  env = process.env,
  nowMs,
  folder = mounted,
}: InClusterOptions): KubeAccess | null {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env
  const tokenPath = join(folder, 'token')
  if (host === undefined || env['KUBECONFIG'] !== undefined || !existsSync(tokenPath)) return null
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`
  const material = new Fresh(nowMs, async () => ({
    token: (await readFile(tokenPath, 'utf8')).trim(),
    authority: await readFile(join(folder, 'ca.crt')),
  }))
  const endpoint: KubeAccess['endpoint'] = {
    server,
    authorize: async (options) => {
      const { token, authority } = await material.get()
      options.ca = authority
      options.headers = { ...(options.headers as object), Authorization: `Bearer ${token}` }
    },
  }
  return { endpoint, namespace: readFileSync(join(folder, 'namespace'), 'utf8').trim() }
}

/** What was read not long ago. A read that fails leaves what was read before in use. */
class Fresh<T> {
  readonly #nowMs: () => number
  readonly #read: () => Promise<T>
  #known: T | null = null
  #readAtMs = 0

  constructor(nowMs: () => number, read: () => Promise<T>) {
    this.#nowMs = nowMs
    this.#read = read
  }

  async get(): Promise<T> {
    if (this.#known !== null && this.#nowMs() - this.#readAtMs < freshForMs) return this.#known
    const readAtMs = this.#nowMs()
    try {
      this.#known = await this.#read()
    } catch (error) {
      if (this.#known === null) throw error
    }
    this.#readAtMs = readAtMs
    return this.#known
  }
}
