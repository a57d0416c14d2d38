// The metrics that clients pushed, as the series that Prometheus reads: the last value of a gauge,
// what a sum has come to. Bounded in series, for each client and for all; what does not fit is
// counted and dropped. Forgets a client some time after its last push.

import type { ClientTraits } from './client-instance.ts'
import { labelCharsMax, seriesMax, seriesPerClientMax } from './limits.ts'
import type { Point, PushedMetrics } from './otlp.ts'

/** Of the metrics that KIP-714 names for all clients. */
const kafkaPrefix = 'org.apache.kafka.'
const prefix = 'samsa_client_'
const infoName = 'samsa_client_info'

type Label = readonly [name: string, value: string]

interface Series {
  readonly name: string
  /** As Prometheus writes them, braces included. */
  readonly labels: string
  value: number
}

interface ClientEntry {
  readonly series: Map<string, Series>
  info: string
  expiresAtMs: number
}

export class ClientSeries {
  readonly #clients = new Map<string, ClientEntry>()
  #count = 0
  #dropped = 0

  get count(): number {
    return this.#count
  }

  /** Numbers that found no place. */
  get dropped(): number {
    return this.#dropped
  }

  record(traits: ClientTraits, pushed: PushedMetrics, expiresAtMs: number): void {
    if (pushed.points.length === 0) return
    const entry = this.#entry(traits, pushed.resource)
    if (entry === null) {
      this.#dropped += pushed.points.length
      return
    }
    entry.expiresAtMs = expiresAtMs
    for (const point of pushed.points) this.#recordPoint(entry, traits, point)
  }

  expire(nowMs: number): void {
    for (const [id, { series, expiresAtMs }] of this.#clients) {
      if (expiresAtMs > nowMs) continue
      this.#clients.delete(id)
      this.#count -= series.size + 1
    }
  }

  /** Prometheus text: each metric with its type and the series of all clients. */
  text(): string {
    const byName = new Map<string, Series[]>()
    const lines: string[] = []
    for (const { series, info } of this.#clients.values()) {
      if (lines.length === 0) lines.push(`# TYPE ${infoName} gauge`)
      lines.push(`${infoName}${info} 1`)
      for (const one of series.values()) {
        const named = byName.get(one.name)
        if (named === undefined) byName.set(one.name, [one])
        else named.push(one)
      }
    }
    for (const [name, all] of byName) {
      lines.push(`# TYPE ${name} ${name.endsWith('_total') ? 'counter' : 'gauge'}`)
      for (const { labels, value } of all) lines.push(`${name}${labels} ${valueText(value)}`)
    }
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`
  }

  #entry(traits: ClientTraits, resource: readonly Label[]): ClientEntry | null {
    const id = traits.clientInstanceId
    const info = labelsText([
      ['client_instance_id', id],
      ['client_id', traits.clientId],
      ['client_software_name', traits.softwareName],
      ['client_software_version', traits.softwareVersion],
      ['client_source_address', traits.sourceAddress],
      ...resource,
    ])
    const known = this.#clients.get(id)
    if (known !== undefined) {
      known.info = info
      return known
    }
    if (this.#count >= seriesMax) return null
    const made: ClientEntry = { series: new Map(), info, expiresAtMs: 0 }
    this.#clients.set(id, made)
    this.#count++
    return made
  }

  #recordPoint(entry: ClientEntry, traits: ClientTraits, point: Point): void {
    const name = nameOf(point)
    const labels = labelsText([
      ['client_instance_id', traits.clientInstanceId],
      ['client_id', traits.clientId],
      ...point.labels,
    ])
    const key = name + labels
    const series = entry.series.get(key)
    if (series !== undefined) {
      series.value = point.kind === 'delta' ? series.value + point.value : point.value
    } else if (entry.series.size < seriesPerClientMax && this.#count < seriesMax) {
      entry.series.set(key, { name, labels, value: point.value })
      this.#count++
    } else {
      this.#dropped++
    }
  }
}

function nameOf({ metric, kind, isMonotonic }: Point): string {
  const short = metric.startsWith(kafkaPrefix) ? metric.slice(kafkaPrefix.length) : metric
  const name = `${prefix}${short.replaceAll(/[^a-zA-Z0-9_]/g, '_')}`
  const isCounter = kind !== 'gauge' && isMonotonic
  return isCounter && !name.endsWith('_total') ? `${name}_total` : name
}

/** Of labels with one name the first one stays: what we know is not for the client to say. */
function labelsText(labels: readonly Label[]): string {
  const written = new Map<string, string>()
  for (const [given, value] of labels) {
    const safe = given.replaceAll(/[^a-zA-Z0-9_]/g, '_')
    const name = /^[a-zA-Z]/.test(safe) ? safe : `label_${safe}`
    if (!written.has(name)) written.set(name, `${name}="${escaped(value)}"`)
  }
  return `{${[...written.values()].join(',')}}`
}

function escaped(value: string): string {
  return value
    .slice(0, labelCharsMax)
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
}

function valueText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? '+Inf' : '-Inf'
}
