// Names, ids and bytes that inputs are made of: those that the node under test knows, those that
// stand for something, and those that have broken somebody's software before.

import { encodeBatch } from '@samsa/proto/record/batch-builder'
import type { Dictionary } from './from-schema.ts'

export const topicName = 'fuzz'
export const groupName = 'fuzz-group'
export const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA'
const unknownUuid = 'ABEiM0RVZneImaq7zN3u_w'

const known = [topicName, groupName, 'fuzz-transaction', 'consumer', 'range', 'client']
const meaning = [
  '',
  '*',
  '1',
  '-1',
  'kafka-cluster',
  '__consumer_offsets',
  '__transaction_state',
  '__cluster_metadata',
  'retention.ms',
  'cleanup.policy',
  'compact,delete',
  'User:alice',
  'user',
  'client-id',
  'producer_byte_rate',
  'metadata.version',
  '127.0.0.1',
  'SCRAM-SHA-256',
]
const strange = [
  '.',
  '..',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'toString',
  'a b',
  'a\u0000b',
  '\u202Eevil',
  '\uFFFD\u{1F980}',
  '(a+)+$',
  '[',
  '%s%n',
  '${jndi:ldap://127.0.0.1/a}',
  'x'.repeat(249),
  'y'.repeat(300),
  'z'.repeat(20_000),
]

const record = { key: Buffer.from('k'), value: Buffer.from('v'), timestampMs: 1_700_000_000_000 }
const batches = [
  encodeBatch([record]),
  encodeBatch([record, { ...record, headers: [{ key: 'h', value: null }] }]),
  ...(['gzip', 'snappy', 'lz4', 'zstd'] as const).map((compression) =>
    encodeBatch([record, record], { compression }),
  ),
  encodeBatch([record], { producerId: 1, producerEpoch: 0, baseSequence: 0 }),
]

export const dictionary: Dictionary = {
  texts: [...known, ...known, ...meaning, ...strange],
  uuids: [zeroUuid, unknownUuid],
  bytes: batches,
}
