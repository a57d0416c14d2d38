// Runs test/java/streams/WordCount.java, an application of Kafka Streams, as one process: a member
// for each of its threads. Owns the process and its folder.

import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { javaArguments } from './java.ts'
import { exitOf, start, tail } from './processes.ts'
import { kafkaLibsDir, repositoryDir, streamsDir } from './target.ts'
import { waitFor } from './wait.ts'

const source = join(repositoryDir, 'test/java/streams/WordCount.java')
const startTimeoutMs = 120_000

export function streamsIsSetUp(): boolean {
  return existsSync(join(streamsDir, 'kafka-streams-4.3.1.jar'))
}

export interface StreamsAppOptions {
  readonly bootstrap: string
  readonly applicationId: string
  readonly input: string
  readonly output: string
  readonly settings: Readonly<Record<string, string>>
}

export class StreamsApp {
  readonly #dir: string
  readonly #child: ChildProcess
  readonly #exit: Promise<{ code: number | null }>
  #text = ''

  constructor({ bootstrap, applicationId, input, output, settings }: StreamsAppOptions) {
    this.#dir = mkdtempSync(join(tmpdir(), 'samsa-streams-'))
    const properties = {
      'bootstrap.servers': bootstrap,
      'application.id': applicationId,
      'state.dir': join(this.#dir, 'state'),
      'replication.factor': '-1',
      'auto.offset.reset': 'earliest',
      ...settings,
    }
    const file = join(this.#dir, 'streams.properties')
    const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}`)
    writeFileSync(file, lines.join('\n'))
    const flags = ['-Xms16m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
    const args = javaArguments(source, [file, input, output], { flags, logLevel: 'warn' })
    args[args.indexOf('-cp') + 1] = `${join(kafkaLibsDir, '*')}:${join(streamsDir, '*')}`
    this.#child = start('java', args)
    this.#exit = exitOf(this.#child)
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#text += chunk.toString()
      })
    }
  }

  /** Has its tasks, and works. */
  async running(): Promise<void> {
    const isRunning = () => {
      if (this.#child.exitCode !== null || /^state ERROR/m.test(this.#text)) {
        throw new Error(`the application ended\n${tail(this.#text)}`)
      }
      return (
        this.#text
          .trimEnd()
          .match(/^state (\w+)/gm)
          ?.at(-1) === 'state RUNNING'
      )
    }
    try {
      await waitFor(isRunning, { what: 'the application to run', timeoutMs: startTimeoutMs })
    } catch (error) {
      throw new Error(tail(this.#text), { cause: error })
    }
  }

  /** In order: its members leave the group. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#exit
    rmSync(this.#dir, { recursive: true, force: true })
  }

  async kill9(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exit
    rmSync(this.#dir, { recursive: true, force: true })
  }
}
