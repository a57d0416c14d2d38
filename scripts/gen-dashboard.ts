// Makes the Grafana dashboard of the chart, from a table of panels: what is shown and by which
// query. `npm run gen` writes it; a test holds its metrics to those that really exist.

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const dashboardFile = join(root, 'charts/samsa/dashboards/samsa.json')

interface Panel {
  readonly title: string
  readonly unit: string
  readonly queries: readonly (readonly [expression: string, legend: string])[]
}

interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

const selected = 'namespace=~"$namespace",cluster=~"$cluster"'
const rate = (metric: string, by: string) => `sum by (${by}) (rate(${metric}{${selected}}[2m]))`
const gauge = (metric: string, by: string) => `sum by (${by}) (${metric}{${selected}})`
const worst = (metric: string, by: string) => `max by (${by}) (${metric}{${selected}})`

const quantile = (share: number) =>
  `histogram_quantile(${share}, sum by (le, request) ` +
  `(rate(samsa_request_latency_seconds_bucket{${selected}}[2m])))`

const rows: readonly Row[] = [
  {
    title: 'Health',
    panels: [
      {
        title: 'Partitions that lack replicas',
        unit: 'short',
        queries: [
          [gauge('samsa_under_replicated_partitions', 'cluster'), 'under-replicated'],
          [gauge('samsa_under_min_isr_partitions', 'cluster'), 'below min.insync.replicas'],
          [worst('samsa_offline_partitions_count', 'cluster'), 'offline'],
        ],
      },
      {
        title: 'Brokers',
        unit: 'short',
        queries: [
          [worst('samsa_active_broker_count', 'cluster'), 'active'],
          [worst('samsa_fenced_broker_count', 'cluster'), 'fenced'],
        ],
      },
      {
        title: 'Active controllers',
        unit: 'short',
        queries: [[gauge('samsa_active_controller_count', 'cluster'), '{{cluster}}']],
      },
      {
        title: 'Changes of the ISR',
        unit: 'ops',
        queries: [
          [rate('samsa_isr_shrinks_total', 'pod'), 'shrinks {{pod}}'],
          [rate('samsa_isr_expands_total', 'pod'), 'expands {{pod}}'],
        ],
      },
    ],
  },
  {
    title: 'Traffic',
    panels: [
      {
        title: 'Bytes in, by topic',
        unit: 'Bps',
        queries: [[`topk(10, ${rate('samsa_topic_bytes_in_total', 'topic')})`, '{{topic}}']],
      },
      {
        title: 'Bytes out, by topic',
        unit: 'Bps',
        queries: [[`topk(10, ${rate('samsa_topic_bytes_out_total', 'topic')})`, '{{topic}}']],
      },
      {
        title: 'Records in, by topic',
        unit: 'ops',
        queries: [[`topk(10, ${rate('samsa_topic_messages_in_total', 'topic')})`, '{{topic}}']],
      },
      {
        title: 'Connections',
        unit: 'short',
        queries: [[gauge('samsa_connections', 'pod'), '{{pod}}']],
      },
    ],
  },
  {
    title: 'Latency and disk',
    panels: [
      { title: 'Latency of requests, p99', unit: 's', queries: [[quantile(0.99), '{{request}}']] },
      {
        title: 'Event loop delay',
        unit: 's',
        queries: [[worst('samsa_event_loop_delay_seconds', 'pod'), '{{pod}}']],
      },
      {
        title: 'Bytes on disk',
        unit: 'bytes',
        queries: [[gauge('samsa_log_size_bytes', 'pod'), '{{pod}}']],
      },
      {
        title: 'Largest lag of a replica',
        unit: 'short',
        queries: [[worst('samsa_replica_lag_records_max', 'pod'), '{{pod}}']],
      },
    ],
  },
  {
    title: 'Operator',
    panels: [
      {
        title: 'Resources that are not ready',
        unit: 'short',
        queries: [
          [
            'sum by (kind) (samsa_operator_resources) - sum by (kind) (samsa_operator_resources_ready)',
            '{{kind}}',
          ],
        ],
      },
      {
        title: 'Passes that failed',
        unit: 'ops',
        queries: [
          [
            'sum by (kind) (rate(samsa_operator_reconciliations_total{result="failed"}[5m]))',
            '{{kind}}',
          ],
        ],
      },
    ],
  },
]

export function dashboard(): string {
  const panels: object[] = []
  let y = 0
  for (const row of rows) {
    panels.push(rowPanel(row.title, panels.length + 1, y++))
    for (const [index, panel] of row.panels.entries()) {
      const place = { h: 8, w: 12, x: (index % 2) * 12, y: y + Math.floor(index / 2) * 8 }
      panels.push(graph(panel, panels.length + 1, place))
    }
    y += Math.ceil(row.panels.length / 2) * 8
  }
  const page = {
    uid: 'samsa',
    title: 'Samsa',
    tags: ['samsa', 'kafka'],
    schemaVersion: 39,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [source(), choice('namespace'), choice('cluster')] },
    panels,
  }
  return `${JSON.stringify(page, undefined, 2)}\n`
}

/** Every metric that a panel asks for. */
export function dashboardMetrics(): string[] {
  const queries = rows.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries))
  const names = queries.flatMap(([expression]) => expression.match(/samsa_[a-z_]+/g) ?? [])
  return [...new Set(names)]
}

const datasource = { type: 'prometheus', uid: '${datasource}' }

function source(): object {
  return { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' }
}

function choice(label: string): object {
  const query = `label_values(samsa_partitions, ${label})`
  const common = { type: 'query', datasource, refresh: 2, includeAll: true, multi: true }
  return { name: label, label, query, ...common, current: { text: 'All', value: '$__all' } }
}

function rowPanel(title: string, id: number, y: number): object {
  return { id, type: 'row', title, collapsed: false, panels: [], gridPos: { h: 1, w: 24, x: 0, y } }
}

function graph({ title, unit, queries }: Panel, id: number, gridPos: object): object {
  const targets = queries.map(([expr, legendFormat], index) => {
    const refId = String.fromCharCode('A'.charCodeAt(0) + index)
    return { refId, expr, legendFormat, datasource }
  })
  const fieldConfig = { defaults: { unit, min: 0 }, overrides: [] }
  return { id, type: 'timeseries', title, datasource, gridPos, fieldConfig, targets }
}
