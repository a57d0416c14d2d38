// Kafka's VerifiableConsumer and VerifiableProducer as processes that run until they are told to
// end, with what they say of themselves on the way.

import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { GroupEvent, OwnedPartition } from './group-history.ts'
import { javaArguments } from './java.ts'
import { exitOf, start, tail } from './processes.ts'
import { waitFor } from './wait.ts'

const stopTimeoutMs = 60_000
const classicSessionMs = '10000'
// Several of them stand beside three nodes: small, and compiled no further than they need be.
const memberFlags = ['-Xms16m', '-Xmx96m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** One line of the tools. */
interface Said {
  readonly timestamp: number
  readonly name: string
  readonly success?: boolean
  readonly error?: string
  readonly partitions?: readonly {
    readonly partition: number
    readonly minOffset?: number
    readonly maxOffset?: number
  }[]
  readonly offsets?: readonly { readonly partition: number; readonly offset: number }[]
}

class ToolProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  #stderr = ''
  #hasEnded = false

  constructor(mainClass: string, args: readonly string[], onSaid: (said: Said) => void) {
    this.#child = start('java', javaArguments(mainClass, args, { flags: memberFlags }))
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = tail(this.#stderr + chunk.toString())
    })
    if (this.#child.stdout === null) throw new Error('the tool has no output')
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) onSaid(JSON.parse(line) as Said)
    })
    this.#exited = exitOf(this.#child).then(() => {
      this.#hasEnded = true
    })
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  get stderr(): string {
    return this.#stderr
  }

  /** Resolves when all that it said has been read. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#hasEnded) return
    this.#child.kill(signal)
    await waitFor(() => this.#hasEnded, { what: 'a tool to end', timeoutMs: stopTimeoutMs })
    await this.#exited
  }
}

export interface MemberOptions {
  readonly bootstrap: string
  readonly topic: string
  readonly group: string
  readonly protocol: 'CLASSIC' | 'CONSUMER'
  readonly name: string
  /** Of all members, in the order that they are read. */
  readonly history: GroupEvent[]
}

export class VerifiableMember {
  readonly name: string
  readonly #history: GroupEvent[]
  readonly #process: ToolProcess
  readonly #owned = new Map<number, true>()
  #ended = false

  constructor({ bootstrap, topic, group, protocol, name, history }: MemberOptions) {
    this.name = name
    this.#history = history
    const args = ['--bootstrap-server', bootstrap, '--topic', topic, '--group-id', group]
    // Groups of the new protocol have their session timeout from the brokers.
    const session = protocol === 'CLASSIC' ? ['--session-timeout', classicSessionMs] : []
    this.#process = new ToolProcess(
      'org.apache.kafka.tools.VerifiableConsumer',
      [...args, '--group-protocol', protocol, '--reset-policy', 'earliest', ...session],
      (said) => this.#take(said),
    )
  }

  /** What it owns by its own account. */
  get owned(): OwnedPartition[] {
    return [...this.#owned.keys()]
  }

  /** Throws when it ended by itself. */
  check(): void {
    if (this.#process.hasEnded && !this.#ended) {
      throw new Error(`member ${this.name} ended by itself: ${this.#process.stderr}`)
    }
  }

  /** Leaves in order, or is killed and never heard of again. */
  async end(how: 'leaves' | 'killed'): Promise<void> {
    this.#ended = true
    await this.#process.end(how === 'leaves' ? 'SIGTERM' : 'SIGKILL')
    this.#history.push({ type: 'gone', member: this.name, atMs: Date.now() })
  }

  #take({ timestamp: atMs, name, partitions = [], offsets = [], success, error }: Said): void {
    const member = this.name
    const numbers = partitions.map(({ partition }) => partition)
    if (name === 'partitions_assigned') {
      for (const partition of numbers) this.#owned.set(partition, true)
      this.#history.push({ type: 'assigned', member, atMs, partitions: numbers })
    } else if (name === 'partitions_revoked') {
      for (const partition of numbers) this.#owned.delete(partition)
      this.#history.push({ type: 'revoked', member, atMs, partitions: numbers })
    } else if (name === 'records_consumed') {
      for (const { partition, minOffset = -1, maxOffset = -1 } of partitions) {
        this.#history.push({ type: 'consumed', member, atMs, partition, minOffset, maxOffset })
      }
    } else if (name === 'offsets_committed') {
      if (success !== true) {
        this.#history.push({ type: 'commitFailed', member, atMs, error: error ?? 'no reason' })
        return
      }
      for (const { partition, offset } of offsets) {
        this.#history.push({ type: 'committed', member, atMs, partition, offset })
      }
    }
  }
}

/** Writes without end; counts what was acknowledged. */
export class EndlessProducer {
  acknowledged = 0
  failed = 0
  readonly #process: ToolProcess

  constructor(bootstrap: string, topic: string, recordsPerSecond: number) {
    const args = ['--bootstrap-server', bootstrap, '--topic', topic, '--acks', '-1']
    this.#process = new ToolProcess(
      'org.apache.kafka.tools.VerifiableProducer',
      [...args, '--throughput', String(recordsPerSecond)],
      ({ name }) => {
        if (name === 'producer_send_success') this.acknowledged++
        else if (name === 'producer_send_error') this.failed++
      },
    )
  }

  stop(): Promise<void> {
    return this.#process.end('SIGTERM')
  }
}
