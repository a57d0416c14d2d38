// Reads the small languages inside arguments: NAME=VALUE, replica assignments, escapes in
// separators.

import { UsageError } from '../errors.ts'
import { span } from './options.ts'

/** 'name=value', split at the first '='. */
export function parsePair(option: string, given: string): [name: string, value: string] {
  const at = given.indexOf('=')
  if (at <= 0) throw new UsageError(`${option} '${given}' is not of the form NAME=VALUE`)
  return [given.slice(0, at), given.slice(at + 1)]
}

/** The number of a node, given by itself. */
export function parseNodeId(given = ''): number {
  if (/^\d{1,9}$/.test(given)) return Number(given)
  throw new UsageError(`'${given}' is not the number of a node`)
}

/** A topic, and which of its partitions; null for all of them. */
export interface PartitionChoice {
  readonly topic: string
  readonly indexes: ReadonlySet<number> | null
}

/** 'orders' is all partitions of a topic, 'orders:0,3-5' some. */
export function parsePartitions(given: string): PartitionChoice {
  const [topic = '', list] = given.split(':', 2)
  if (topic === '') throw new UsageError(`'${given}' names no topic`)
  if (list === undefined) return { topic, indexes: null }
  return { topic, indexes: new Set(list.split(',').flatMap((part) => span(part, `'${given}':`))) }
}

/** Whether a partition is among those chosen; none chosen is all of them. */
export function isChosen(
  choices: readonly PartitionChoice[],
  { topic, index }: { readonly topic: string; readonly index: number },
): boolean {
  if (choices.length === 0) return true
  return choices.some(
    (one) => one.topic === topic && (one.indexes === null || one.indexes.has(index)),
  )
}

/** '1:2,2:3': the brokers of partition 0, then of partition 1. */
export function parseAssignment(given: string | undefined): number[][] {
  if (given === undefined) return []
  return given.split(',').map((partition) =>
    partition.split(':').map((brokerId) => {
      if (/^\d+$/.test(brokerId)) return Number(brokerId)
      throw new UsageError(`--replica-assignment '${given}': '${brokerId}' is not a broker id`)
    }),
  )
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '0': '\0',
  '\\': '\\',
}

/** The bytes of a separator: \n \r \t \0 \\ and \xNN stand for what they stand for in C. */
export function parseSeparator(option: string, given: string): Buffer {
  const parts: Buffer[] = []
  const pattern = /\\x([0-9a-fA-F]{2})|\\(.)|([^\\]+)|\\$/gsu
  for (const [whole, hex, escaped, plain] of given.matchAll(pattern)) {
    if (hex !== undefined) parts.push(Buffer.from(hex, 'hex'))
    else if (plain !== undefined) parts.push(Buffer.from(plain))
    else {
      const meant = escaped === undefined ? undefined : escapes[escaped]
      if (meant === undefined) throw new UsageError(`${option}: '${whole}' is not an escape`)
      parts.push(Buffer.from(meant))
    }
  }
  const bytes = Buffer.concat(parts)
  if (bytes.length === 0) throw new UsageError(`${option} is empty`)
  return bytes
}

/** Throws the error of the first outcome that has one, after all of them were reported. */
export function throwFirst(outcomes: readonly { readonly error: Error | undefined }[]): void {
  const failed = outcomes.find(({ error }) => error !== undefined)
  if (failed?.error !== undefined) throw failed.error
}
