// `samsa operator`: keeps KafkaClusters and KafkaTopics of Kubernetes as their specs say.

import { defineCommand } from '../command/command.ts'
import { integer, repeated, required, text, withDefault } from '../command/options.ts'

export const operator = defineCommand({
  positionals: '',
  options: {
    image: required(text('IMAGE', 'The image that nodes run.')),
    namespace: repeated('NAME', 'A namespace to look after; all of them when none is named.'),
    leaseName: withDefault(
      text('NAME', 'Lease by which replicas elect who acts.'),
      'samsa-operator',
    ),
    leaseNamespace: text('NAME', "Where it is; the operator's own namespace when absent."),
    httpHost: withDefault(
      text('HOST', 'Where /healthz, /readyz and /metrics are served.'),
      '0.0.0.0',
    ),
    httpPort: withDefault(integer('PORT', 'Their port; 0: any.', { max: 65_535 }), 8080),
    logLevel: withDefault(text('LEVEL', 'error, warn, info or debug.'), 'info'),
  },
  notes: `Finds the API server by KUBECONFIG, ~/.kube/config, or its pod's service account. Several
replicas elect one that acts; the others watch on and take over. SIGINT and SIGTERM stop it in
order; clusters go on without it.

Example:
  samsa operator --image samsa:0.1.0 --namespace streams`,
  async run({ options: { namespace, ...settings }, io }) {
    const { serveOperator } = await import('../serve/serve-operator.ts')
    await serveOperator({ ...settings, namespaces: namespace }, io)
  },
})
