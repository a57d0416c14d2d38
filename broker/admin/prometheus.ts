// The one file that knows the metrics library. Loads only the parts that are used: the package's
// own index also loads cluster, worker and push support, which costs 70 ms and 18 MB at start
// (measured November 2026).

import { createRequire } from 'node:module'
import type * as client from '@prometheus-io/client'

const load = createRequire(import.meta.url)

export const Registry = load('@prometheus-io/client/lib/registry.js') as typeof client.Registry
export const Counter = load('@prometheus-io/client/lib/counter.js') as typeof client.Counter
export const Gauge = load('@prometheus-io/client/lib/gauge.js') as typeof client.Gauge
export const Histogram = load('@prometheus-io/client/lib/histogram.js') as typeof client.Histogram

export type MetricsRegistry = InstanceType<typeof client.Registry>
