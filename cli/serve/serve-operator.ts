// Runs the operator of Kubernetes in this process, until it is told to stop.

import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { settle } from '@samsa/broker/garbage'
import { inClusterAccess } from '@samsa/operator/kube/in-cluster'
import type { KubeAccess } from '@samsa/operator/kube/kube-config'
import { NodeTransport } from '@samsa/operator/kube/node-transport'
import { Admins } from '@samsa/operator/run/admins'
import { startOperator } from '@samsa/operator/run/operator'
import { systemTimers } from '@samsa/operator/system-timers'
import { type Io, write } from '../command/io.ts'
import { openLogger } from './logger.ts'

export interface OperatorSettings {
  readonly namespaces: readonly string[]
  readonly image: string
  readonly leaseName: string
  /** That of the pod when absent. */
  readonly leaseNamespace: string | undefined
  readonly httpHost: string
  readonly httpPort: number
  readonly logLevel: string
}

/** The others wait for so long before they take over from one that fell silent. */
const leaseDurationMs = 15_000
const leaseRenewMs = 2_000

export async function serveOperator(settings: OperatorSettings, io: Io): Promise<void> {
  const instance = `${hostname()}_${randomUUID().slice(0, 8)}`
  const { logger, flush } = openLogger(settings.logLevel, { operator: instance })
  const { endpoint, namespace } = await kubeAccess()
  const admins = new Admins()
  try {
    const operator = await startOperator({
      transport: new NodeTransport(endpoint),
      namespaces: settings.namespaces,
      image: settings.image,
      instance,
      lease: {
        namespace: settings.leaseNamespace ?? namespace,
        name: settings.leaseName,
        durationMs: leaseDurationMs,
        renewMs: leaseRenewMs,
      },
      http: { host: settings.httpHost, port: settings.httpPort },
      adminOf: (cluster) => admins.of(cluster),
      onGone: (uid) => admins.forget(uid),
      log: logger,
      timers: systemTimers,
      wallMs: Date.now,
      random: Math.random,
    })
    const settling = settle(systemTimers)
    try {
      await write(
        io.stdout,
        `samsa ready operator http=${settings.httpHost}:${operator.httpPort}\n`,
      )
      await aborted(io.signal)
      logger.info({}, 'stopping')
    } finally {
      settling.cancel()
      await operator.close()
    }
    logger.info({}, 'stopped')
  } finally {
    admins.close()
    flush()
  }
}

async function kubeAccess(): Promise<KubeAccess> {
  const own = inClusterAccess({ nowMs: () => performance.now() })
  if (own !== null) return own
  const { kubeAccess: byConfig } = await import('@samsa/operator/kube/kube-config')
  return byConfig()
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
