// Who may import whom among the parts of the operator: rows of the table in import-rules.ts.

import type { Layer } from './layer.ts'

export const operator: readonly Layer[] = [
  { path: 'operator' },
  // One source of the resources' types, definitions and docs.
  { path: 'operator/resources' },
  // The only one that talks to the API server of Kubernetes.
  {
    path: 'operator/kube',
    types: ['operator/timers.ts'],
    packages: ['node:crypto', 'node:http', 'node:https', 'node:readline'],
  },
  {
    path: 'operator/kube/kube-config.ts',
    types: ['operator/kube'],
    packages: ['@kubernetes/client-node'],
  },
  {
    path: 'operator/kube/in-cluster.ts',
    types: ['operator/kube'],
    packages: ['node:fs', 'node:fs/promises', 'node:path'],
  },
  { path: 'operator/watch', types: ['operator/timers.ts'] },
  // Pure: what there should be, what is seen, what may be done, what is said of it.
  {
    path: 'operator/desired',
    types: ['operator/kube/objects.ts', 'operator/resources'],
    packages: ['node:crypto'],
  },
  {
    path: 'operator/observe',
    values: ['operator/desired/names.ts'],
    types: ['operator/kube/objects.ts', 'operator/rollout'],
  },
  // Plans are pure wherever they are made.
  { path: 'operator/rollout', values: ['cli/plan'], types: ['operator/cluster/admin.ts'] },
  { path: 'operator/status', types: ['operator/resources'] },
  // Certificates and passwords: read and decided without a clock, made by one file.
  { path: 'operator/pki', packages: ['node:crypto', 'node:util'] },
  {
    path: 'operator/pki/issue.ts',
    packages: ['node:crypto', '@peculiar/x509', 'reflect-metadata'],
  },
  // A client of Kafka like the command's own, and the same one.
  {
    path: 'operator/cluster',
    values: ['cli/client', 'proto/kafka'],
    types: ['operator/rollout'],
  },
  {
    path: 'operator/steps',
    values: [
      'operator/cluster',
      'operator/desired',
      'operator/kube',
      'operator/observe',
      'operator/pki',
      'operator/rollout',
      'operator/status',
      'broker/config',
    ],
    types: ['operator/resources'],
  },
  // Puts all of it together; the HTTP port and its metrics are made as those of a node.
  { path: 'operator/run', values: ['operator', 'broker/admin'] },
  {
    path: 'operator/reconcile',
    values: [
      'operator/cluster',
      'operator/desired',
      'operator/kube',
      'operator/observe',
      'operator/pki',
      'operator/rollout',
      'operator/status',
      'operator/steps',
    ],
    types: ['cli/client/acls.ts', 'operator/resources'],
  },
]
