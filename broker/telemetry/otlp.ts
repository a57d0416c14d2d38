// Reads MetricsData of OTLP (opentelemetry/proto/metrics/v1), the form that clients push metrics
// in: gauges and sums, with their labels. Histograms and summaries are passed over. Input is
// hostile: every length is checked before it is followed, and nothing is kept that was not asked
// for. Throws OtlpError and nothing else.

import { labelCharsMax, labelsMax, nameCharsMax, pointsPerPushMax } from './limits.ts'

export class OtlpError extends Error {
  override readonly name = 'OtlpError'
}

export interface Point {
  readonly metric: string
  /** A sum may come as what was added since the last push; a gauge is as it is. */
  readonly kind: 'gauge' | 'delta' | 'cumulative'
  /** A sum that only grows. */
  readonly isMonotonic: boolean
  readonly value: number
  readonly labels: readonly (readonly [name: string, value: string])[]
}

export interface PushedMetrics {
  /** What the client says of itself: its group, its transactional id... */
  readonly resource: readonly (readonly [name: string, value: string])[]
  readonly points: readonly Point[]
}

const wireType = { varint: 0, fixed64: 1, delimited: 2, fixed32: 5 } as const
const deltaTemporality = 1

/** A field of a message: its number, and its content by wire type. */
class Fields {
  field = 0
  type = 0
  number = 0n
  bytes: Buffer = Buffer.alloc(0)
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Moves to the next field; false at the end of the message. */
  next(): boolean {
    if (this.#at === this.#bytes.length) return false
    const tag = Number(this.#varint())
    this.field = Math.floor(tag / 8)
    this.type = tag % 8
    switch (this.type) {
      case wireType.varint:
        this.number = this.#varint()
        return true
      case wireType.fixed64:
        this.bytes = this.#take(8)
        return true
      case wireType.delimited:
        this.bytes = this.#take(Number(this.#varint()))
        return true
      case wireType.fixed32:
        this.bytes = this.#take(4)
        return true
      default:
        throw new OtlpError(`wire type ${this.type}`)
    }
  }

  isMessage(field: number): boolean {
    return this.field === field && this.type === wireType.delimited
  }

  isFixed64(field: number): boolean {
    return this.field === field && this.type === wireType.fixed64
  }

  isVarint(field: number): boolean {
    return this.field === field && this.type === wireType.varint
  }

  #varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new OtlpError('a number goes past the end')
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
    throw new OtlpError('a number of more than 64 bits')
  }

  #take(size: number): Buffer {
    const end = this.#at + size
    if (!(end <= this.#bytes.length)) throw new OtlpError('a field goes past the end')
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }
}

export function readMetrics(bytes: Buffer): PushedMetrics {
  const resource: [string, string][] = []
  const points: Point[] = []
  const all = new Fields(bytes)
  while (all.next()) if (all.isMessage(1)) readResourceMetrics(all.bytes, resource, points)
  return { resource, points }
}

function readResourceMetrics(bytes: Buffer, resource: [string, string][], points: Point[]): void {
  const fields = new Fields(bytes)
  while (fields.next()) {
    if (fields.isMessage(1)) readLabels(fields.bytes, 1, resource)
    if (fields.isMessage(2)) readScopeMetrics(fields.bytes, points)
  }
}

function readScopeMetrics(bytes: Buffer, points: Point[]): void {
  const fields = new Fields(bytes)
  while (fields.next()) if (fields.isMessage(2)) readMetric(fields.bytes, points)
}

function readMetric(bytes: Buffer, points: Point[]): void {
  let metric = ''
  const data: { isSum: boolean; bytes: Buffer }[] = []
  const fields = new Fields(bytes)
  while (fields.next()) {
    if (fields.isMessage(1)) metric = textOf(fields.bytes, nameCharsMax)
    else if (fields.isMessage(5)) data.push({ isSum: false, bytes: fields.bytes })
    else if (fields.isMessage(7)) data.push({ isSum: true, bytes: fields.bytes })
  }
  for (const one of data) readData(metric, one, points)
}

function readData(metric: string, data: { isSum: boolean; bytes: Buffer }, points: Point[]): void {
  let temporality = 0
  let isMonotonic = false
  const numbers: Buffer[] = []
  const fields = new Fields(data.bytes)
  while (fields.next()) {
    if (fields.isMessage(1)) numbers.push(fields.bytes)
    else if (data.isSum && fields.isVarint(2)) temporality = Number(fields.number)
    else if (data.isSum && fields.isVarint(3)) isMonotonic = fields.number !== 0n
  }
  const sum = temporality === deltaTemporality ? 'delta' : 'cumulative'
  const kind = data.isSum ? sum : 'gauge'
  for (const bytes of numbers) {
    if (points.length === pointsPerPushMax) {
      throw new OtlpError(`more than ${pointsPerPushMax} numbers`)
    }
    const { value, labels } = readNumber(bytes)
    points.push({ metric, kind, isMonotonic, value, labels })
  }
}

function readNumber(bytes: Buffer): { value: number; labels: [string, string][] } {
  let value = 0
  const labels: [string, string][] = []
  const fields = new Fields(bytes)
  while (fields.next()) {
    if (fields.isFixed64(4)) value = fields.bytes.readDoubleLE(0)
    else if (fields.isFixed64(6)) value = Number(fields.bytes.readBigInt64LE(0))
    else if (fields.isMessage(7)) readLabel(fields.bytes, labels)
  }
  return { value, labels }
}

function readLabels(bytes: Buffer, field: number, labels: [string, string][]): void {
  const fields = new Fields(bytes)
  while (fields.next()) if (fields.isMessage(field)) readLabel(fields.bytes, labels)
}

function readLabel(bytes: Buffer, labels: [string, string][]): void {
  let name = ''
  let value = ''
  const fields = new Fields(bytes)
  while (fields.next()) {
    if (fields.isMessage(1)) name = textOf(fields.bytes, labelCharsMax)
    else if (fields.isMessage(2)) value = readValue(fields.bytes)
  }
  if (name !== '' && labels.length < labelsMax) labels.push([name, value])
}

/** Of AnyValue: texts, truth values and numbers. */
function readValue(bytes: Buffer): string {
  const fields = new Fields(bytes)
  let text = ''
  while (fields.next()) {
    if (fields.isMessage(1)) text = textOf(fields.bytes, labelCharsMax)
    else if (fields.isVarint(2)) text = String(fields.number !== 0n)
    else if (fields.isVarint(3)) text = String(BigInt.asIntN(64, fields.number))
    else if (fields.isFixed64(4)) text = String(fields.bytes.readDoubleLE(0))
  }
  return text
}

function textOf(bytes: Buffer, charsMax: number): string {
  // A character has four bytes at most: what lies beyond would be cut off anyway.
  return bytes.toString('utf8', 0, charsMax * 4).slice(0, charsMax)
}
