// What else a stranger or a disk may say to us: tokens of a log-in, metrics of clients, snapshots
// of producers, checkpoints.

import {
  CheckpointDamagedError,
  parseCheckpoint,
} from '@samsa/broker/log/checkpoint/checkpoint-text'
import { ProducerEntry } from '@samsa/broker/log/producer/producer-entry'
import {
  decodeSnapshot,
  encodeSnapshot,
  SnapshotDamagedError,
} from '@samsa/broker/log/producer/producer-snapshot'
import { SaslError } from '@samsa/broker/security/sasl/mechanism'
import { PlainExchange } from '@samsa/broker/security/sasl/plain'
import { ScramExchange, scramKeysOf } from '@samsa/broker/security/sasl/scram'
import { OtlpError, readMetrics } from '@samsa/broker/telemetry/otlp'
import { crc32c } from '@samsa/proto/record/crc32c'
import type { Random } from '../../simulation/shared/random.ts'
import { mutate } from '../engine/mutate.ts'
import { mayRefuse, mayRefuseLater, type Target } from '../engine/target.ts'
import { protobufMessage } from '../generate/protobuf.ts'

const keys = {
  salt: Buffer.from('salt'),
  iterations: 4_096,
  ...scramKeysOf('SCRAM-SHA-256', Buffer.alloc(32, 1)),
}
const firstMessages = [
  'n,,n=user,r=client',
  'y,a=user,n=user,r=client,x=y',
  'p=tls-unique,,n=u,r=c',
]
const finalMessages = ['c=biws,r=clientserver,p=dGVzdA==', 'c=biws,r=client,p=']

/** As PlainExchange and ScramExchange are made for a connection. */
export const logIn: Target = {
  name: 'log-in',
  shortRuns: 1_000,
  async open() {
    const tokens = [...firstMessages, '\0user\0password', 'user\0user\0password'].map((text) =>
      Buffer.from(text),
    )
    return {
      make(random) {
        const [first, last] = [random.pick(tokens), Buffer.from(random.pick(finalMessages))]
        const one = random.chance(0.6) ? mutate(random, first, tokens) : first
        return Buffer.concat([
          one,
          Buffer.from('\n'),
          random.chance(0.6) ? mutate(random, last) : last,
        ])
      },
      async run(input) {
        const cut = input.indexOf('\n')
        const [first, last] = [input.subarray(0, cut), input.subarray(cut + 1)]
        mayRefuse([SaslError], () => plainExchange().step(input))
        await mayRefuseLater([SaslError], async () => {
          const exchange = scramExchange()
          await exchange.step(first)
          await exchange.step(last)
          await exchange.step(last)
        })
      },
      close: () => Promise.resolve(),
    }
  },
}

function plainExchange(): PlainExchange {
  return new PlainExchange((user) => (user === 'user' ? 'password' : undefined))
}

function scramExchange(): ScramExchange {
  return new ScramExchange({
    mechanism: 'SCRAM-SHA-256',
    keysOf: (user) => (user === 'user' ? keys : undefined),
    tokenOf: () => Promise.resolve(undefined),
    nowMs: () => 1_700_000_000_000,
    nonce: 'server',
    secret: Buffer.alloc(32),
  })
}

export const telemetry: Target = {
  name: 'telemetry',
  shortRuns: 1_000,
  async open() {
    return {
      make(random) {
        const bytes = protobufMessage(random, 8)
        return random.chance(0.3) ? mutate(random, bytes) : bytes
      },
      run: (input) => mayRefuse([OtlpError], () => readMetrics(input)),
      close: () => Promise.resolve(),
    }
  },
}

const crcPosition = 2
const contentPosition = 6

export const logState: Target = {
  name: 'log-state',
  shortRuns: 1_000,
  async open() {
    return {
      make(random) {
        if (random.chance(0.3)) return mutate(random, Buffer.from('0\n2\n0 100\n7 250\n'))
        const damaged = mutate(random, encodeSnapshot([1, 2, 3].map((id) => producer(random, id))))
        const isLong = damaged.length > contentPosition
        // A checksum that is right over what is not.
        if (isLong) damaged.writeUInt32BE(crc32c(damaged, contentPosition), crcPosition)
        return damaged
      },
      run(input) {
        mayRefuse([SnapshotDamagedError], () => decodeSnapshot(input))
        mayRefuse([CheckpointDamagedError], () => parseCheckpoint(input, 'checkpoint', 2))
      },
      close: () => Promise.resolve(),
    }
  },
}

function producer(random: Random, id: number): ProducerEntry {
  const entry = new ProducerEntry(id)
  entry.setEpoch(random.integer(0, 3))
  for (let sequence = 0; sequence < random.integer(0, 6); sequence++) {
    entry.addBatch(sequence, 100 + sequence, 0, 1_700_000_000_000)
  }
  return entry
}
