// An honest client (kafkajs) that produces and consumes all the while and never tries anything
// twice: whatever harm the broker takes from others shows as an error, a gap, a repeat or a slow
// answer here.

import type { Consumer, Producer } from 'kafkajs'
import { kafkaJs } from './kafkajs-client.ts'
import { waitFor } from './wait.ts'

const recordsPerSend = 20

export class GoodClient {
  /** Values in the order in which they were acknowledged, and in which they were read. */
  sent = 0
  readonly read: number[] = []
  slowestSendMs = 0
  readonly #topic: string
  readonly #producer: Producer
  readonly #consumer: Consumer
  #isStopping = false
  #work: Promise<void> | undefined

  constructor(bootstrap: string, topic: string) {
    this.#topic = topic
    const kafka = kafkaJs(bootstrap)
    this.#producer = kafka.producer({ retry: { retries: 0 }, allowAutoTopicCreation: false })
    this.#consumer = kafka.consumer({ groupId: `good-${topic}`, maxWaitTimeInMs: 100 })
  }

  async start(): Promise<void> {
    await this.#producer.connect()
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [this.#topic], fromBeginning: true })
    await this.#consumer.run({
      eachMessage: ({ message }) => {
        this.read.push(Number(message.value?.toString()))
        return Promise.resolve()
      },
    })
    this.#work = this.#produce()
    // Handled in stop(); without this an early failure would end the test process.
    this.#work.catch(() => {})
    await waitFor(() => this.read.length > 0, { what: 'the first record', timeoutMs: 60_000 })
  }

  /** Stops producing, waits until all is read and closes; throws what any send threw. */
  async stop(): Promise<void> {
    this.#isStopping = true
    try {
      await this.#work
      await waitFor(() => this.read.length >= this.sent, {
        what: `${this.sent} records to be read`,
        timeoutMs: 60_000,
      })
    } finally {
      await this.#consumer.disconnect()
      await this.#producer.disconnect()
    }
  }

  async #produce(): Promise<void> {
    while (!this.#isStopping) {
      const messages = Array.from({ length: recordsPerSend }, (_, n) => ({
        partition: 0,
        value: String(this.sent + n),
      }))
      const startMs = performance.now()
      await this.#producer.send({ topic: this.#topic, messages, acks: -1, timeout: 10_000 })
      this.slowestSendMs = Math.max(this.slowestSendMs, performance.now() - startMs)
      this.sent += recordsPerSend
      // Leaves the broker to the hostile frames: the point is that both are served.
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}
