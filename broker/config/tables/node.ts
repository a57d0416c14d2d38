// Broker configs: Who this node is, and its life in the cluster.

import { atLeast, listOf } from '../checks.ts'
import {
  type ConfigDefinition,
  flag,
  int,
  list,
  long,
  longMax,
  required,
  string,
} from '../definition.ts'

export const nodeConfigs: readonly ConfigDefinition[] = [
  int('node.id', required, 'high', {
    check: atLeast(0),
    effective: "This node's number, unique in the cluster.",
  }),
  int('broker.id', -1, 'high', {
    effective: 'Older name of node.id; where both are given they must agree.',
  }),
  list('process.roles', required, 'high', {
    check: listOf({ of: ['broker', 'controller'] }),
    effective: 'What this process is: broker, controller or both.',
  }),
  string('broker.rack', null, 'medium', {
    effective:
      'Rack or zone of this node, for spreading replicas and for reads from the nearest one.',
  }),
  flag('controlled.shutdown.enable', true, 'medium', {
    accepted: 'Whether leadership moves away before a planned stop; here it always does.',
  }),
  int('initial.broker.registration.timeout.ms', 60_000, 'medium', {
    accepted: 'How long a starting broker tries to register before it gives up.',
  }),
  int('broker.heartbeat.interval.ms', 2000, 'medium', {
    effective: "Time between a broker's heartbeats to the controller; 200 here when unset.",
  }),
  int('broker.session.timeout.ms', 9000, 'medium', {
    effective: 'Time without heartbeats after which a broker is fenced; 1000 here when unset.',
  }),
  long('server.max.startup.time.ms', longMax, 'medium', {
    check: atLeast(0),
    internal: true,
    accepted: 'Longest time that a start may take.',
  }),
  int('background.threads', 10, 'high', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    accepted: 'Threads for background work; a node here has one event loop.',
  }),
  int('request.timeout.ms', 30_000, 'high', {
    accepted: "How long a request of the broker's own waits for an answer.",
  }),
  list('config.providers', [], 'low', {
    check: listOf({ empty: 'allowed' }),
    dynamic: 'cluster-wide',
    refused: 'Names of plug-ins that fill in ${...} values. No plug-in is loaded here.',
  }),
  flag('unstable.api.versions.enable', false, 'high', {
    internal: true,
    accepted: 'Offer API versions still in development.',
  }),
  flag('unstable.feature.versions.enable', false, 'high', {
    internal: true,
    accepted: 'Offer feature versions still in development.',
  }),
]
