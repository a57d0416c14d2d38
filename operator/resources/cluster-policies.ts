// How a KafkaCluster is looked after: certificates, updates, metrics, rebalancing, deletion.

import { flag, integer, list, object, oneOf, required, text } from './schema.ts'

const authority = object(
  {
    generate: flag({ description: 'False: the Secret is given, and only read.', default: true }),
    secretName: text({ description: 'Secret with ca.crt and ca.key.' }),
    validityDays: integer({ minimum: 1, maximum: 36_500, default: 365 }),
    renewalDays: integer({ minimum: 1, maximum: 36_500, default: 30 }),
  },
  {
    rules: [
      {
        cel: 'self.generate || has(self.secretName)',
        message: 'secretName is required when the authority is not generated',
      },
      {
        cel: 'self.renewalDays < self.validityDays',
        message: 'renewalDays must be below validityDays',
      },
    ],
  },
)

const window = object({
  schedule: required(text({ description: 'Its starts, as a cron line in UTC.', maxLength: 100 })),
  durationMinutes: required(integer({ minimum: 1, maximum: 10_080 })),
})

export const certificates = object(
  {
    cluster: authority,
    clients: authority,
    windows: list(window, { description: 'When renewals may begin.', maxItems: 20 }),
  },
  { description: 'Authorities for the cluster itself and for its clients.' },
)

export const updatePolicy = object(
  {
    type: required(
      oneOf(['Automatic', 'OnApproval', 'Window'], {
        description: 'When pods may be replaced for a change that needs it.',
      }),
    ),
    windows: list(window, { maxItems: 20 }),
  },
  {
    rules: [
      {
        cel: "self.type != 'Window' || (has(self.windows) && self.windows.size() > 0)",
        message: 'type Window needs windows',
      },
    ],
  },
)

export const metrics = object({
  podMonitor: flag({
    description: 'A PodMonitor of the Prometheus operator is kept.',
    default: false,
  }),
})

export const deletionPolicy = oneOf(['Retain', 'Delete'], {
  description: 'What becomes of the volumes when the cluster is deleted or scaled down.',
  default: 'Retain',
})

export const rebalance = object(
  {
    onScaleUp: flag({ description: 'New brokers take their share.', default: true }),
    onScaleDown: flag({ description: 'Brokers are drained before they go.', default: true }),
    throttleBytesPerSecond: integer({ bits: 64, minimum: 1024, default: 52_428_800 }),
  },
  { description: 'Replicas moved by the operator.' },
)
