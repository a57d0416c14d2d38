// What a server.properties may say, what is refused, and what is only warned of.

import { loadBrokerConfig, nearestName } from '@samsa/broker/config/server-properties'
import { describe, expect, it } from 'vitest'

const least = 'node.id=1\nprocess.roles=broker,controller\n'

function load(text: string, overrides: readonly string[] = []) {
  return loadBrokerConfig({ text: least + text, overrides })
}

describe('a server.properties', () => {
  it('needs node.id and process.roles only', () => {
    const { config, warnings } = load('')
    expect(config).toMatchObject({ nodeId: 1, isBroker: true, isController: true })
    expect(warnings).toEqual([])
  })

  it.each(['node.id', 'process.roles'])('is refused without %s', (name) => {
    const text = least.replace(new RegExp(`^${name}.*$`, 'm'), '')
    expect(() => loadBrokerConfig({ text })).toThrow(
      `Missing required configuration "${name}" which has no default value.`,
    )
  })

  it('may say broker.id for node.id, but not another number', () => {
    const text = 'broker.id=7\nprocess.roles=broker,controller'
    expect(loadBrokerConfig({ text }).config.nodeId).toBe(7)
    expect(() => load('broker.id=2')).toThrow('You must set `node.id` to the same value')
  })

  it('gives way to overrides, the last of them first', () => {
    const { config } = load('num.partitions=2', ['num.partitions=3', 'num.partitions=4'])
    expect(config.numPartitions).toBe(4)
  })

  it('refuses an override without a value', () => {
    expect(() => load('', ['num.partitions'])).toThrow('Expected key=value')
  })

  it('tells of a key given twice and takes the later one', () => {
    const { config, warnings } = load('num.partitions=2\nnum.partitions=3')
    expect(config.numPartitions).toBe(3)
    expect(warnings).toEqual(['num.partitions is given again on line 4, which wins'])
  })
})

describe('a key', () => {
  it('that is a megabyte long is refused as quickly as any other, and not repeated', () => {
    const startedUs = process.threadCpuUsage().user
    expect(() => load('', [`${'x'.repeat(2 ** 20)}=1`])).toThrow(/^.{200,400}$/)
    // A minute, when all of it was compared with every key.
    expect(process.threadCpuUsage().user - startedUs).toBeLessThan(1_000_000)
  })

  it('that goes on for a megabyte of lines is joined quickly', () => {
    const startedUs = process.threadCpuUsage().user
    const text = `num.partitions=\\\n${'2\\\n'.repeat(300_000)}`
    expect(() => load(text)).toThrow(/num.partitions/)
    expect(process.threadCpuUsage().user - startedUs).toBeLessThan(1_000_000)
  })

  it('that is unknown stops the start and gets its nearest neighbour named', () => {
    expect(() => load('log.retention.hour=5')).toThrow(
      'Unknown configuration log.retention.hour: no such config; ' +
        'the nearest one is log.retention.hours',
    )
  })

  it('that is unknown stops the start as an override too', () => {
    expect(() => load('', ['num.partition=5'])).toThrow('the nearest one is num.partitions')
  })

  it('of a listener is judged by what follows the prefix', () => {
    const { warnings } = load('listener.name.plaintext.max.connections=5')
    expect(warnings).toHaveLength(1)
    expect(() => load('listener.name.plaintext.max.connectoins=5')).toThrow(
      'the nearest one is max.connections',
    )
    expect(() => load('listener.name.plaintext.max.connections=x')).toThrow('Not a number')
  })

  it('of a mechanism of a listener is known', () => {
    const { warnings } = load('listener.name.plaintext.plain.sasl.jaas.config=x;')
    expect(warnings).toEqual([])
  })

  it('that Kafka 4 removed is told to be so', () => {
    expect(() => load('zookeeper.connect=h:2181')).toThrow('it was removed in Kafka 4')
  })

  it('without effect here is a warning', () => {
    const { warnings } = load('num.network.threads=8\nrsm.config.a=1')
    expect(warnings).toHaveLength(2)
    expect(warnings[0]).toContain('num.network.threads has no effect here')
  })

  it('without effect here must have a good value all the same', () => {
    expect(() => load('num.network.threads=0')).toThrow('Value must be at least 1')
  })

  it.each([
    'authorizer.class.name=a.B',
    'create.topic.policy.class.name=a.B',
    'alter.config.policy.class.name=a.B',
    'remote.log.storage.system.enable=true',
    'config.providers=file',
  ])('that safety depends on stops the start: %s', (setting) => {
    expect(() => load(setting)).toThrow('to run without it is not safe')
  })

  it.each(['authorizer.class.name=', 'remote.log.storage.system.enable=false'])(
    'that safety depends on may be at its default: %s',
    (setting) => {
      expect(load(setting).warnings).toEqual([])
    },
  )

  it('that only a running broker takes is a warning', () => {
    const { warnings } = load('leader.replication.throttled.rate=5')
    expect(warnings).toEqual([
      'leader.replication.throttled.rate has no effect in a file: it is set on a running broker',
    ])
  })
})

/** Another machine's way to a controller. */
function controllerAt(host: string, protocol: string): string {
  return `controller.listener.names=CONTROLLER
    listeners=PLAINTEXT://:9092,CONTROLLER://${host}:9093
    advertised.listeners=PLAINTEXT://h:9092
    listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:${protocol}`
}

const secured = `${controllerAt('', 'SSL')}
  samsa.grpc.listener=:9094
  ssl.keystore.type=PEM
  ssl.keystore.location=/node.pem
  ssl.truststore.type=PEM
  ssl.truststore.location=/ca.pem`

describe('settings that concern each other', () => {
  it.each([
    ['log.roll.ms=0', 'log.roll.ms must be greater than or equal to 1'],
    ['log.roll.jitter.ms=-1', 'log.roll.jitter.ms must be greater than or equal to 0'],
    ['log.retention.ms=0', 'log.retention.ms must be unlimited'],
    ['log.retention.minutes=0', 'log.retention.ms must be unlimited'],
    ['log.cleaner.threads=128', 'at least 1MB per cleaner thread'],
    ['replica.fetch.wait.max.ms=40000', 'replica.socket.timeout.ms should always be at least'],
    ['replica.lag.time.max.ms=100', 'less than or equal to replica.lag.time.max.ms'],
    ['queued.max.request.bytes=5', 'larger or equal to socket.request.max.bytes'],
    ['max.connections.per.ip=0', 'max.connections.per.ip can be set to zero only if'],
    ['max.connections.per.ip.overrides=10.0.0.1', 'contains invalid addresses'],
    ['max.connections.per.ip.overrides=a b:5', 'contains invalid addresses'],
    ['connections.max.idle.ms=50', 'should always be less than connections.max.idle.ms'],
    ['cordoned.log.dirs=/x', 'must be present in log.dirs'],
    ['group.consumer.session.timeout.ms=4000', 'group.consumer.min.session.timeout.ms'],
    ['controller.quorum.voters=2@h:1', 'must be included in the set of voters'],
    ['controller.quorum.voters=1@h:1,2@i:1', 'samsa.grpc.listener must be set'],
    [
      'controller.quorum.voters=1@h:1,2@i:1\nsamsa.grpc.listener=127.0.0.1:2',
      'must have a listener that controller.listener.names names',
    ],
    ['broker.session.timeout.ms=400', 'more than twice broker.heartbeat.interval.ms'],
    ['process.roles=broker', 'needs controller.quorum.voters'],
    ['samsa.grpc.listener=:2', 'samsa.nodes.without.tls.enable=true in a network'],
    ['samsa.grpc.listener=node-1.example.org:2', 'whoever reaches it could be a node'],
    [controllerAt('10.0.0.1', 'PLAINTEXT'), 'CONTROLLER is at 10.0.0.1, where whoever reaches it'],
    [controllerAt('127.0.0.1', 'SASL_SSL'), 'do not log in: use SSL'],
    [controllerAt('', 'SSL'), 'set listener.name.controller.ssl.keystore.location'],
    [
      `${controllerAt('', 'SSL')}\nssl.keystore.type=PEM\nssl.keystore.location=/k.pem`,
      'the certificates to trust',
    ],
    [`${secured}\nlistener.name.controller.ssl.client.auth=none`, 'must be required, or left out'],
    [
      `${secured}\nlistener.name.controller.ssl.keystore.type=PKCS12`,
      'keys of nodes are read in PEM only',
    ],
    [
      `${secured}\nlistener.name.plaintext.ssl.client.auth=required
       listener.name.plaintext.ssl.truststore.type=PEM
       listener.name.plaintext.ssl.truststore.location=/ca.pem`.replace(
        'PLAINTEXT:PLAINTEXT',
        'PLAINTEXT:SSL',
      ),
      'give nodes an authority of their own',
    ],
  ])('refuse %s', (setting, message) => {
    expect(() => load(setting)).toThrow(message)
  })

  it.each([
    'log.retention.ms=-5',
    'log.retention.hours=-1',
    'queued.max.request.bytes=-1',
    'max.connections.per.ip=0\nmax.connections.per.ip.overrides=::1:5, localhost:6',
    'connections.max.idle.ms=-1',
    'controller.quorum.voters=1@h:1',
    'samsa.grpc.listener=127.0.0.1:2',
    'samsa.grpc.listener=localhost:2',
    'samsa.grpc.listener=[::1]:2',
    'samsa.grpc.listener=:2\nsamsa.nodes.without.tls.enable=true',
    secured,
    'cordoned.log.dirs=*',
  ])('accept %s', (setting) => {
    expect(() => load(setting)).not.toThrow()
  })
})

describe('the nearest name', () => {
  it.each([
    ['listener', 'listeners'],
    ['samsa.http.listner', 'samsa.http.listener'],
    ['log.dirss', 'log.dirs'],
    ['min.insync.replica', 'min.insync.replicas'],
  ])('of %s is %s', (name, nearest) => {
    expect(nearestName(name)).toBe(nearest)
  })
})
