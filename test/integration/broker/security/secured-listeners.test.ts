// TLS and log-ins on real sockets, with a client that none of us wrote (kafkajs) and with bare ones
// that misbehave.

import { pbkdf2Sync } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestNode, type TestNode } from '../../../support/node.ts'
import { certificatePath } from '../../../support/tls/certificates.ts'

const dir = mkdtempSync(join(tmpdir(), 'samsa-tls-'))
const keystore = join(dir, 'server.pem')
const plainModule = 'org.apache.kafka.common.security.plain.PlainLoginModule'
const ca = readFileSync(certificatePath('ca'), 'utf8')
let node: TestNode

beforeAll(async () => {
  copyFileSync(certificatePath('server'), keystore)
  node = await startTestNode([
    'listeners=PLAINTEXT://127.0.0.1:0,SSL://127.0.0.1:0,SASL_SSL://127.0.0.1:0,MTLS://127.0.0.1:0',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL,MTLS:SSL',
    'ssl.keystore.type=PEM',
    `ssl.keystore.location=${keystore}`,
    'ssl.truststore.type=PEM',
    `ssl.truststore.location=${certificatePath('ca')}`,
    'listener.name.mtls.ssl.client.auth=required',
    'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    `listener.name.sasl_ssl.plain.sasl.jaas.config=${plainModule} required user_alice="secret";`,
    'connection.failed.authentication.delay.ms=10',
  ])
})

afterAll(async () => {
  await node.close()
  rmSync(dir, { recursive: true })
})

function kafka(listener: string, config: Partial<KafkaConfig> = {}) {
  return new Kafka({
    brokers: [`localhost:${node.portOf(listener)}`],
    ssl: { ca: [ca] },
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    ...config,
  })
}

/** A whole round: a topic, a record in and out. */
async function roundTrip(client: Kafka, topic: string): Promise<string | undefined> {
  const admin = client.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic }], waitForLeaders: true })
  await admin.disconnect()
  const producer = client.producer()
  await producer.connect()
  await producer.send({ topic, messages: [{ value: 'x'.repeat(300_000) }, { value: topic }] })
  await producer.disconnect()
  const consumer = client.consumer({ groupId: topic })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  try {
    return await new Promise((resolve, reject) => {
      const eachMessage = async ({ message }: { message: { offset: string; value: unknown } }) => {
        if (message.offset === '1') resolve(String(message.value))
      }
      consumer.run({ eachMessage }).catch(reject)
    })
  } finally {
    await consumer.disconnect()
  }
}

/** A credential as a client's tool would make it, with cheap keys. */
async function addScramUser(name: string, mechanism: 1 | 2, password: string): Promise<void> {
  const { hash, length } =
    mechanism === 1 ? { hash: 'sha256', length: 32 } : { hash: 'sha512', length: 64 }
  const salt = Buffer.from('some salt')
  const saltedPassword = pbkdf2Sync(password, salt, 4096, length, hash)
  const client = await node.connect()
  const upsertion = { name, mechanism, iterations: 4096, salt, saltedPassword }
  const { results } = await client.send('alterUserScramCredentials', 0, {
    deletions: [],
    upsertions: [upsertion],
  })
  expect(results).toMatchObject([{ user: name, errorCode: 0 }])
}

describe('an SSL listener', () => {
  it('serves a client that trusts its authority, and no other', async () => {
    expect(await roundTrip(kafka('SSL'), 'over-tls')).toBe('over-tls')
    const distrusting = kafka('SSL', { ssl: { ca: [readFileSync(certificatePath('ca2'))] } })
    await expect(distrusting.admin().connect()).rejects.toThrow(/self.signed|unable to verify/)
  })

  it('closes a connection that does not speak TLS', async () => {
    const socket = connectPlain(node.portOf('SSL'), '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\n\r\n')
    socket.on('error', () => {})
    socket.resume()
    await new Promise((resolve) => socket.once('close', resolve))
  })

  it('demands a trusted certificate where it is told to', async () => {
    const alice = readFileSync(certificatePath('alice'), 'utf8')
    const known = kafka('MTLS', { ssl: { ca: [ca], key: alice, cert: alice } })
    expect(await roundTrip(known, 'over-mtls')).toBe('over-mtls')
    const stranger = readFileSync(certificatePath('server2'), 'utf8')
    await expect(tried({ ca: [ca] })).resolves.toBe('refused')
    await expect(tried({ ca: [ca], key: stranger, cert: stranger })).resolves.toBe('refused')
  })
})

async function tried(ssl: object): Promise<string> {
  const admin = kafka('MTLS', { ssl, connectionTimeout: 2_000 }).admin()
  try {
    await admin.connect()
    await admin.listTopics()
    return 'served'
  } catch {
    return 'refused'
  } finally {
    await admin.disconnect()
  }
}

describe('a SASL_SSL listener', () => {
  it('lets in who knows the password, by each mechanism', async () => {
    await addScramUser('carol', 1, 'pencil')
    await addScramUser('dave', 2, 'eraser')
    const logIns: [string, SASLOptions][] = [
      ['as-plain', { mechanism: 'plain', username: 'alice', password: 'secret' }],
      ['as-scram-256', { mechanism: 'scram-sha-256', username: 'carol', password: 'pencil' }],
      ['as-scram-512', { mechanism: 'scram-sha-512', username: 'dave', password: 'eraser' }],
    ]
    for (const [topic, sasl] of logIns) {
      expect(await roundTrip(kafka('SASL_SSL', { sasl }), topic)).toBe(topic)
    }
  })

  it.each<SASLOptions>([
    { mechanism: 'plain', username: 'alice', password: 'wrong' },
    { mechanism: 'scram-sha-256', username: 'carol', password: 'wrong' },
    { mechanism: 'scram-sha-512', username: 'nobody', password: 'wrong' },
  ])('refuses a wrong log-in: %j', async (sasl) => {
    await expect(kafka('SASL_SSL', { sasl }).admin().connect()).rejects.toThrow(
      /[Aa]uthentication failed|invalid/i,
    )
  })

  it('closes a connection that asks before its log-in, or too much at once', async () => {
    const metadata = Buffer.from('0003000000000001ffffffffffff', 'hex')
    for (const [size, body] of [
      [metadata.length, metadata],
      [600_000, Buffer.alloc(600_000)],
    ] as const) {
      const socket = await securely('SASL_SSL')
      const frame = Buffer.alloc(4 + size)
      frame.writeInt32BE(size)
      body.copy(frame, 4)
      socket.write(frame)
      await new Promise((resolve) => socket.once('close', resolve))
    }
  })
})

async function securely(listener: string): Promise<TLSSocket> {
  const socket = connectTls({
    port: node.portOf(listener),
    host: 'localhost',
    rejectUnauthorized: false,
  })
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('secureConnect', resolve))
  socket.resume()
  return socket
}

describe('certificates that are replaced', () => {
  it('are used for new connections, and old connections go on', async () => {
    // A client may ask for metadata over a new connection at any time: it trusts both authorities.
    const old = kafka('SSL', { ssl: { ca: [ca, readFileSync(certificatePath('ca2'))] } }).admin()
    await old.connect()
    const subject = async () => {
      const socket = await securely('SSL')
      const { CN } = socket.getPeerCertificate().subject
      socket.destroy()
      return CN
    }
    expect(await subject()).toBe('server')
    copyFileSync(certificatePath('server2'), keystore)
    await vi.waitFor(async () => expect(await subject()).toBe('server2'), 10_000)
    expect(await old.listTopics()).toContain('over-tls')
    await old.disconnect()
  })
})
