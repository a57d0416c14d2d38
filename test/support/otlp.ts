// Writes MetricsData of OTLP as a client would push it: gauges and sums with labels.

export interface OtlpMetric {
  readonly name: string
  readonly kind: 'gauge' | 'delta' | 'cumulative'
  readonly isMonotonic?: boolean
  readonly value: number | bigint
  readonly labels?: Readonly<Record<string, string>>
}

export function otlp(
  metrics: readonly OtlpMetric[],
  resource: Readonly<Record<string, string>> = {},
): Buffer {
  const scope = message(...metrics.map((metric) => delimited(2, metricBytes(metric))))
  return delimited(1, message(delimited(1, labels(1, resource)), delimited(2, scope)))
}

function metricBytes({ name, kind, isMonotonic = true, value, labels: own = {} }: OtlpMetric) {
  const point = delimited(1, message(numberBytes(value), labels(7, own)))
  if (kind === 'gauge') return message(text(1, name), delimited(5, point))
  const temporality = Buffer.from([2 << 3, kind === 'delta' ? 1 : 2])
  const monotonic = Buffer.from([3 << 3, isMonotonic ? 1 : 0])
  return message(text(1, name), delimited(7, message(point, temporality, monotonic)))
}

function numberBytes(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(9)
  if (typeof value === 'bigint') {
    bytes[0] = (6 << 3) | 1
    bytes.writeBigInt64LE(value, 1)
  } else {
    bytes[0] = (4 << 3) | 1
    bytes.writeDoubleLE(value, 1)
  }
  return bytes
}

function labels(field: number, all: Readonly<Record<string, string>>): Buffer {
  return message(
    ...Object.entries(all).map(([name, value]) =>
      delimited(field, message(text(1, name), delimited(2, text(1, value)))),
    ),
  )
}

function text(field: number, value: string): Buffer {
  return delimited(field, Buffer.from(value))
}

function message(...fields: Buffer[]): Buffer {
  return Buffer.concat(fields)
}

function delimited(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(field << 3) | 2]), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  return Buffer.from([...bytes, rest])
}
