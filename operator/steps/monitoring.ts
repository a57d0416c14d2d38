// Step: the PodMonitor by which a Prometheus operator finds the nodes' metrics, where the spec asks
// for it. Where Kubernetes does not know the kind, the condition says so.

import { clusterLabels, labelKeys, ownedMetadata } from '../desired/names.ts'
import { KubeError } from '../kube/errors.ts'
import { type KubeObject, kinds } from '../kube/objects.ts'
import { bad, good } from '../status/conditions.ts'
import type { Pass, Step } from './step.ts'

const againMs = 60_000

export const monitoring: Step = {
  condition: 'MonitoringReady',
  async run(pass) {
    const { cluster, client, signal } = pass
    const isWanted = cluster.spec.metrics?.podMonitor ?? false
    const wasThere = cluster.status?.conditions?.some(
      ({ type, reason }) => type === 'MonitoringReady' && reason === 'PodMonitorApplied',
    )
    try {
      if (isWanted) {
        await client.apply(kinds.podMonitor, podMonitor(pass), signal)
        return { finding: good('PodMonitorApplied'), againMs: null }
      }
      if (wasThere === true) await client.delete(kinds.podMonitor, podMonitor(pass), {}, signal)
      return { finding: good('NotAskedFor'), againMs: null }
    } catch (error) {
      if (!(error instanceof KubeError)) throw error
      const message = `the PodMonitor cannot be kept: ${error.message}`
      return { finding: bad('PodMonitorRefused', message), againMs }
    }
  },
}

function podMonitor({ cluster }: Pass): KubeObject {
  const monitor = {
    apiVersion: kinds.podMonitor.apiVersion,
    kind: kinds.podMonitor.kind,
    metadata: ownedMetadata(cluster, cluster.metadata.name, clusterLabels(cluster)),
    spec: {
      selector: { matchLabels: { [labelKeys.cluster]: cluster.metadata.name } },
      // The dashboard tells clusters apart by this label.
      podMetricsEndpoints: [
        {
          port: 'http',
          path: '/metrics',
          relabelings: [{ targetLabel: 'cluster', replacement: cluster.metadata.name }],
        },
      ],
    },
  }
  return monitor
}
