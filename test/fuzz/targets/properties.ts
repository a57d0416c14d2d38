// server.properties: text that is damaged, and every key there is with values that it does not
// expect. A file is taken or refused by one sentence that tells what to mend.

import { brokerConfigs } from '@samsa/broker/config/broker-configs'
import { loadBrokerConfig } from '@samsa/broker/config/server-properties'
import { ConfigError } from '@samsa/broker/config/value'
import type { Random } from '../../simulation/shared/random.ts'
import { mutate } from '../engine/mutate.ts'
import { mayRefuse, type Target } from '../engine/target.ts'

const sound = [
  'node.id=1',
  'process.roles=broker,controller',
  'listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
  'controller.listener.names=CONTROLLER',
  'controller.quorum.voters=1@127.0.0.1:9093',
  'log.dirs=/tmp/a,/tmp/b',
]
const names = brokerConfigs.definitions.map(({ name }) => name)
const listenerNames = ['listener.name.plaintext.', 'listener.name.x.scram-sha-256.', 'rsm.config.']
const values = [
  '',
  ' ',
  '-1',
  '0',
  '1',
  '2147483648',
  '9007199254740993',
  '1e3',
  '0x10',
  'NaN',
  'true',
  'TRUE',
  'none',
  'a,b,,c',
  ',',
  '://',
  'PLAINTEXT://:0',
  'SASL_SSL://[::1]:99999',
  '1@a:1,1@b:2',
  'a:b,c',
  '${env:HOME}',
  'RULE:^(.*)$/$1/L,DEFAULT',
  'RULE:(/',
  'org.apache.kafka.common.security.plain.PlainLoginModule required user_a="b";',
  'x required "',
  '__proto__',
  '\\u00',
  '(a+)+$',
  'x'.repeat(5_000),
]

export const properties: Target = {
  name: 'properties',
  shortRuns: 200,
  async open() {
    return {
      make(random) {
        const lines = [...sound]
        for (let count = random.integer(0, 6); count > 0; count--) lines.push(line(random))
        const text = Buffer.from(lines.join(random.pick(['\n', '\n', '\r\n', '\\\n'])))
        return random.chance(0.4) ? mutate(random, text) : text
      },
      run: (input) => mayRefuse([ConfigError], () => loadBrokerConfig({ text: input.toString() })),
      close: () => Promise.resolve(),
    }
  },
}

function line(random: Random): string {
  const prefix = random.chance(0.15) ? random.pick(listenerNames) : ''
  return `${prefix}${random.pick(names)}=${random.pick(values)}`
}
