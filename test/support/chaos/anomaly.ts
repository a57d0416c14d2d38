// What the checker can find, and the means to name many findings of one kind by a few of them.

export type AnomalyKind =
  | 'lost'
  | 'moved'
  | 'duplicate'
  | 'reordered'
  | 'inconsistent offset'
  | 'phantom'
  | 'vanished'
  | 'copies differ'
  | 'poll went back'
  | 'poll skipped'
  | 'high watermark went back'
  | 'committed offset went back'
  | 'aborted read'
  | 'open read'
  | 'torn transaction'
  | 'offset apart from its transaction'
  | 'hanging transaction'
  | 'two owners'
  | 'complaint'
  | 'no progress'

export interface Anomaly {
  readonly kind: AnomalyKind
  readonly partition: number
  readonly detail: string
}

const shownPerKind = 5

/** One line a finding, with no more than a few of each kind. */
export function anomalyLines(anomalies: readonly Anomaly[]): string[] {
  const kinds = new Map<AnomalyKind, Anomaly[]>()
  for (const anomaly of anomalies) {
    const ofKind = kinds.get(anomaly.kind) ?? []
    ofKind.push(anomaly)
    kinds.set(anomaly.kind, ofKind)
  }
  return [...kinds].flatMap(([kind, all]) => [
    ...all
      .slice(0, shownPerKind)
      .map(({ partition, detail }) => `${kind}: partition ${partition}: ${detail}`),
    ...(all.length > shownPerKind ? [`${kind}: ${all.length - shownPerKind} more`] : []),
  ])
}
