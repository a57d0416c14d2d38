// What the operator writes as a node's configuration is what a node takes: read by the broker's
// own loader, for every kind of node and listener.

import { describe, expect, it } from 'vitest'
import { loadBrokerConfig } from '../../../../broker/config/server-properties.ts'
import { serverProperties } from '../../../../operator/desired/server-properties.ts'
import type { KafkaCluster } from '../../../../operator/resources/kafka-cluster.ts'

const pool = (roles: readonly string[]) => ({
  name: 'nodes',
  roles,
  replicas: 3,
  topologyKey: 'zone',
  volumes: [
    { id: 0, size: '1Gi' },
    { id: 1, size: '1Gi' },
  ],
})

const clusterOf = (roles: readonly string[]): KafkaCluster =>
  ({
    metadata: { name: 'c', namespace: 'ns' },
    spec: {
      nodePools: [pool(roles)],
      listeners: [
        { name: 'plain', port: 9092, type: 'internal' },
        { name: 'outside', port: 9094, type: 'nodeport' },
        { name: 'tls', port: 9095, type: 'internal', tls: true },
        { name: 'mtls', port: 9096, type: 'internal', tls: true, authentication: { type: 'tls' } },
        { name: 'scram', port: 9097, type: 'internal', authentication: { type: 'scram-sha-256' } },
      ],
      authorization: { superUsers: ['User:admin'] },
      config: { 'min.insync.replicas': 2, 'log.retention.ms': '86400000' },
    },
  }) as unknown as KafkaCluster

describe.each([[['broker', 'controller']], [['broker']], [['controller']]])(
  'a node that is %s',
  (roles) => {
    it('is given a configuration that the broker accepts without a warning', () => {
      const cluster = clusterOf(roles)
      const [nodePool] = cluster.spec.nodePools
      if (nodePool === undefined) throw new Error('the cluster has a pool')
      const nodeOf = (id: number) => ({ id, pool: nodePool, zone: 'zone-1' })
      const controllerIds = roles.includes('controller') ? [0, 1, 2] : [10, 11, 12]
      const { text } = serverProperties({
        cluster,
        node: nodeOf(0),
        controllers: controllerIds.map(nodeOf),
        addresses: new Map([['outside', { host: '10.0.0.1', port: 30_094 }]]),
        isDynamic: (name) => name === 'min.insync.replicas',
      })
      const { config, warnings } = loadBrokerConfig({ text })
      expect(warnings).toEqual([])
      expect(config.nodeId).toBe(0)
      expect(config.isAuthorized).toBe(true)
      // The operator comes in without credentials.
      expect([...config.superUsers]).toEqual(['User:ANONYMOUS', 'User:admin'])
      for (const { host } of config.advertisedControllerListeners) {
        expect(host).toBe('c-nodes-0.c-nodes.ns.svc')
      }
      expect(config.grpcAdvertisedListener).toEqual({
        host: 'c-nodes-0.c-nodes.ns.svc',
        port: 19_092,
      })
    })
  },
)
