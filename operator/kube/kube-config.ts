// Where the API server is and how to speak to it: KUBECONFIG, ~/.kube/config, or the service
// account of a pod. The one file that knows the client library, of which this is all that is used;
// it is loaded only by whom in-cluster.ts does not serve.

import type { RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import type { KubeEndpoint } from './node-transport.ts'

export interface KubeAccess {
  readonly endpoint: KubeEndpoint
  /** Of the pod that this runs in, or of the context in use. */
  readonly namespace: string
}

export class KubeConfigError extends Error {
  override readonly name = 'KubeConfigError'
}

export interface KubeConfigChoice {
  readonly context?: string | undefined
  /** Instead of where it is looked for. */
  readonly file?: string | undefined
}

export function kubeAccess({ context, file }: KubeConfigChoice = {}): KubeAccess {
  const config = new KubeConfig()
  if (file === undefined) config.loadFromDefault()
  else config.loadFromFile(file)
  if (context !== undefined) config.setCurrentContext(context)
  const cluster = config.getCurrentCluster()
  if (cluster === null) {
    const context = config.getCurrentContext()
    throw new KubeConfigError(`context '${context}' names no cluster: look at KUBECONFIG`)
  }
  const { namespace } = config.getContextObject(config.getCurrentContext()) ?? {}
  const authorize = async (options: RequestOptions) => {
    const own: RequestOptions = {}
    await config.applyToHTTPSOptions(own)
    const { agent, headers, ...credentials } = own
    Object.assign(options, credentials)
    options.headers = { ...(options.headers as object), ...(headers as object) }
    // Connections are kept by the transport, unless they have to go through a proxy.
    if (cluster.proxyUrl !== undefined && agent !== undefined) options.agent = agent
  }
  return {
    endpoint: { server: cluster.server, authorize },
    namespace: namespace?.trim() ?? 'default',
  }
}
