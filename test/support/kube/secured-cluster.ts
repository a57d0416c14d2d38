// A KafkaCluster whose listeners ask for TLS and credentials, and clients of it (kafkajs), each by
// what its KafkaUser's Secret holds at that time.

import { Kafka, type KafkaConfig, logLevel } from 'kafkajs'
import { type KubeObject, kinds } from '../../../operator/kube/objects.ts'
import { waitFor } from '../conformance/wait.ts'
import { kubeClient, read } from './kube.ts'
import { isReady, TestCluster } from './test-cluster.ts'

export type UserType = 'scram-sha-512' | 'tls'

export class SecuredCluster {
  readonly cluster: TestCluster
  readonly namespace: string

  private constructor(cluster: TestCluster) {
    this.cluster = cluster
    this.namespace = cluster.namespace
  }

  /** With a topic `orders`, and listeners `secure` and `mutual` for the two types of users. */
  static async start(namespace: string): Promise<SecuredCluster> {
    const asking = (name: string, port: number, type: UserType) => ({
      name,
      port,
      type: 'nodeport',
      tls: true,
      authentication: { type },
    })
    const cluster = await TestCluster.start(namespace, {
      listeners: [
        { name: 'plain', port: 9092, type: 'internal' },
        { name: 'outside', port: 9094, type: 'nodeport' },
        asking('secure', 9095, 'scram-sha-512'),
        asking('mutual', 9096, 'tls'),
      ],
    })
    await cluster.topic('orders', { partitions: 3, replicas: 3 })
    return new SecuredCluster(cluster)
  }

  async user(name: string, type: UserType): Promise<void> {
    const { namespace, cluster } = this
    const object = {
      apiVersion: 'samsa.io/v1',
      kind: 'KafkaUser',
      metadata: { name, namespace },
      spec: { clusterRef: { name: cluster.name }, authentication: { type } },
    }
    await kubeClient().apply(kinds.kafkaUser, object)
  }

  async userReady(name: string): Promise<void> {
    type User = KubeObject & Parameters<typeof isReady>[0]
    const probe = async () => {
      const found = await kubeClient().get<User>(kinds.kafkaUser, this.namespace, name)
      return found !== null && isReady(found)
    }
    await waitFor(probe, { what: `user ${name} to be Ready`, timeoutMs: 30_000 })
  }

  /** As text; empty when it is not there. */
  async secret(name: string): Promise<Record<string, string>> {
    const found = await read<{ data?: Record<string, string> }>(kinds.secret, this.namespace, name)
    const entries = Object.entries(found?.data ?? {})
    const text = (value: string) => Buffer.from(value, 'base64').toString()
    return Object.fromEntries(entries.map(([key, value]) => [key, text(value)]))
  }

  /** What clients trust now. */
  async authorities(): Promise<string[]> {
    return [(await this.secret('samsa-cluster-ca-cert'))['ca.crt'] ?? '']
  }

  async client(listener: 'secure' | 'mutual', config: Partial<KafkaConfig>): Promise<Kafka> {
    const { listeners = [] } = await this.cluster.status()
    const brokers = [...(listeners.find(({ name }) => name === listener)?.addresses ?? [])]
    return new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 2 }, ...config })
  }

  async byPassword(username: string, password: string): Promise<Kafka> {
    const sasl = { mechanism: 'scram-sha-512', username, password } as const
    return this.client('secure', { ssl: { ca: await this.authorities() }, sasl })
  }

  async byCertificate(username: string): Promise<Kafka> {
    const { 'user.crt': cert = '', 'user.key': key = '' } = await this.secret(username)
    return this.client('mutual', { ssl: { ca: await this.authorities(), cert, key } })
  }
}

/** Rejects where the client may not come in. */
export async function sendOne(kafka: Kafka): Promise<void> {
  const producer = kafka.producer()
  try {
    await producer.connect()
    await producer.send({ topic: 'orders', messages: [{ value: 'one' }] })
  } finally {
    await producer.disconnect()
  }
}

export async function maySend(kafka: Kafka): Promise<boolean> {
  return sendOne(kafka).then(
    () => true,
    () => false,
  )
}
