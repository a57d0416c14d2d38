// Listener lists as Kafka takes them. Only what is not PLAINTEXT is refused here alone.

import { loadBrokerConfig } from '@samsa/broker/config/server-properties'
import { describe, expect, it } from 'vitest'

function load(...settings: readonly string[]) {
  const text = ['node.id=1', 'process.roles=broker,controller', ...settings].join('\n')
  return loadBrokerConfig({ text }).config
}

function plain(listener: string, host: string, port: number) {
  return { listener, host, port, securityProtocol: 'PLAINTEXT' }
}

const twoNames = 'listener.security.protocol.map=INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT'

describe('listeners', () => {
  it('are every address on 9092 when none is given', () => {
    expect(load().listeners).toEqual([plain('PLAINTEXT', '', 9092)])
  })

  it('are advertised themselves when nothing else is', () => {
    expect(load('listeners=PLAINTEXT://127.0.0.1:9092').advertisedListeners).toEqual([
      plain('PLAINTEXT', '127.0.0.1', 9092),
    ])
  })

  it('have names without case, and hosts of version 6 without brackets', () => {
    expect(load('listeners=plaintext://[::1]:9092').listeners).toEqual([
      plain('PLAINTEXT', '::1', 9092),
    ])
  })

  it('may have names of their own', () => {
    const config = load(
      twoNames,
      'listeners=INSIDE://:9092,OUTSIDE://:9094',
      'advertised.listeners=OUTSIDE://kafka.example.com:30094,INSIDE://pod:9092',
      'inter.broker.listener.name=inside',
    )
    expect(config.advertisedListeners).toEqual([
      plain('OUTSIDE', 'kafka.example.com', 30094),
      plain('INSIDE', 'pod', 9092),
    ])
    expect(config.interBrokerListenerName).toBe('INSIDE')
  })

  it('of the controller are set apart, and never advertised to clients', () => {
    const { config, warnings } = loadBrokerConfig({
      text: `node.id=1
        process.roles=broker,controller
        listeners=PLAINTEXT://:9092,CONTROLLER://:9093
        samsa.nodes.without.tls.enable=true
        controller.listener.names=CONTROLLER`,
    })
    expect(config.listeners).toEqual([plain('PLAINTEXT', '', 9092)])
    expect(config.controllerListeners).toEqual([plain('CONTROLLER', '', 9093)])
    expect(config.advertisedListeners).toEqual([plain('PLAINTEXT', '', 9092)])
    expect(config.advertisedControllerListeners).toEqual(config.controllerListeners)
    expect(warnings).toEqual([])
  })

  it('of the controller may be advertised to other nodes by another address', () => {
    const { config } = loadBrokerConfig({
      text: `node.id=1
        process.roles=broker,controller
        listeners=PLAINTEXT://:9092,CONTROLLER://:9093
        advertised.listeners=PLAINTEXT://h:9092,CONTROLLER://h:19093
        samsa.nodes.without.tls.enable=true
        controller.listener.names=CONTROLLER`,
    })
    expect(config.advertisedListeners).toEqual([plain('PLAINTEXT', 'h', 9092)])
    expect(config.advertisedControllerListeners).toEqual([plain('CONTROLLER', 'h', 19_093)])
  })

  it.each([
    [['listeners=PLAINTEXT:9092'], 'expected NAME://host:port'],
    [['listeners=PLAINTEXT://:65536'], 'expected NAME://host:port'],
    [['listeners=PLAINTEXT://:-1'], 'expected NAME://host:port'],
    [['listeners=OUTSIDE://:9092'], 'No security protocol defined for listener OUTSIDE'],
    [['listener.security.protocol.map=PLAINTEXT:FOO'], 'Invalid security protocol `FOO`'],
    [['listener.security.protocol.map=PLAINTEXT'], 'Error parsing configuration property'],
    [['listeners=PLAINTEXT://:1,plaintext://:2'], 'must have a different name'],
    [[twoNames, 'listeners=INSIDE://:1,OUTSIDE://:1'], 'must have a different port'],
    [['listeners=PLAINTEXT://0.0.0.0:9092'], 'nonroutable meta-address'],
    [['advertised.listeners=SSL://h:1'], 'equal to or a subset of the ones defined in listeners'],
    [['listeners=SSL://:9092'], 'asks for SSL and has no key'],
    [['listeners=CONTROLLER://:1', 'controller.listener.names=CONTROLLER'], 'at least one broker'],
    [['inter.broker.listener.name=OTHER'], 'must be a listener name defined in advertised'],
    [
      ['inter.broker.listener.name=PLAINTEXT', 'security.inter.broker.protocol=PLAINTEXT'],
      'Only one of inter.broker.listener.name and security.inter.broker.protocol',
    ],
  ])('are refused when %j', (settings, message) => {
    expect(() => load(...settings)).toThrow(message)
  })

  it.each([
    [[twoNames, 'listeners=INSIDE://127.0.0.1:1,OUTSIDE://[::1]:1']],
    [[twoNames, 'listeners=INSIDE://:0,OUTSIDE://:0']],
    [['listeners=PLAINTEXT://0.0.0.0:9092', 'advertised.listeners=PLAINTEXT://h:9092']],
    [[twoNames, 'listeners=INSIDE://:1,OUTSIDE://:2', 'advertised.listeners=INSIDE://h:1']],
  ])('are taken when %j', (settings) => {
    expect(() => load(...settings)).not.toThrow()
  })
})
