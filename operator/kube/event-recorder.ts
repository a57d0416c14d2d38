// Events of Kubernetes: what the operator did to an object and why, for `kubectl describe`. The
// same event again within its window counts up instead of piling up. Losing one is no failure.

import { createHash } from 'node:crypto'
import type { KubeClient } from './client.ts'
import { microTime } from './leader-lease.ts'
import { type KubeObject, kinds } from './objects.ts'

export interface EventRecorderOptions {
  readonly client: KubeClient
  /** Of this process: the name of its pod. */
  readonly instance: string
  readonly wallMs: () => number
  readonly onTrouble: (error: unknown) => void
}

export interface KubeEvent {
  readonly type: 'Normal' | 'Warning'
  /** One word in CamelCase, for machines. */
  readonly reason: string
  /** What was done: RollPod, GrowVolume… */
  readonly action: string
  /** For people; at most a kilobyte. */
  readonly note: string
}

const windowMs = 10 * 60_000
const seriesMax = 1_000
const noteMax = 1_024

interface Series {
  readonly name: string
  readonly firstMs: number
  count: number
}

export class EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #series = new Map<string, Series>()

  constructor(options: EventRecorderOptions) {
    this.#options = options
  }

  /** Never rejects; the event may be lost. */
  async record(regarding: KubeObject, event: KubeEvent): Promise<void> {
    const { client, wallMs, onTrouble } = this.#options
    const { uid = '' } = regarding.metadata
    const nowMs = wallMs()
    const key = [uid, event.type, event.reason, event.note].join('\n')
    const known = this.#series.get(key)
    const isRepeated = known !== undefined && nowMs - known.firstMs < windowMs
    const series = isRepeated ? known : this.#begin(key, regarding, nowMs)
    series.count++
    try {
      await client.apply(kinds.event, this.#object(regarding, event, series, nowMs))
    } catch (error) {
      onTrouble(error)
    }
  }

  #begin(key: string, { metadata }: KubeObject, nowMs: number): Series {
    const [oldest] = this.#series.keys()
    if (this.#series.size >= seriesMax && oldest !== undefined) this.#series.delete(oldest)
    const digest = createHash('sha256').update(`${key}\n${nowMs}`).digest('hex').slice(0, 16)
    const series = { name: `${metadata.name}.${digest}`, firstMs: nowMs, count: 0 }
    this.#series.set(key, series)
    return series
  }

  #object(
    regarding: KubeObject,
    { type, reason, action, note }: KubeEvent,
    { name, firstMs, count }: Series,
    nowMs: number,
  ): KubeObject {
    const { namespace = 'default', uid } = regarding.metadata
    const { apiVersion, kind } = regarding
    const event = {
      apiVersion: kinds.event.apiVersion,
      kind: kinds.event.kind,
      metadata: { name, namespace },
      eventTime: microTime(firstMs),
      reportingController: 'samsa.io/operator',
      reportingInstance: this.#options.instance,
      type,
      reason,
      action,
      note: note.slice(0, noteMax),
      regarding: { apiVersion, kind, namespace, name: regarding.metadata.name, uid },
      ...(count > 1 && { series: { count, lastObservedTime: microTime(nowMs) } }),
    }
    return event
  }
}
