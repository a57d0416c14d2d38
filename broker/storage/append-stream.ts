// One AppendStream: reads appends as long as there is room for them, and answers those that are
// done, many in one message. An append counts as under way until its result has been taken, so that
// a caller that reads no results is not read from either.

import type { ServerDuplexStream } from '@grpc/grpc-js'
import type { AppendResultInit, AppendStreamResponseInit } from '@samsa/proto/grpc/gen/storage'
import type { YoungMemory } from '../young-memory.ts'
import type { StreamAppendMessage } from './append-decoding.ts'
import type { Appender } from './appender.ts'
import type { ByteBudget } from './byte-budget.ts'
import { failureOf, statusOf } from './failure.ts'
import { streamAppendBytesMax } from './limits.ts'
import { type Malformed, wellFormed } from './request-decoding.ts'

export type AppendCall = ServerDuplexStream<
  StreamAppendMessage[] | Malformed,
  AppendStreamResponseInit
>

interface Done {
  readonly result: AppendResultInit
  readonly sizeBytes: number
}

export interface AppendStreamOptions {
  readonly appender: Appender
  readonly budget: ByteBudget
  readonly memory: Pick<YoungMemory, 'shortLived'>
}

export class AppendStream {
  readonly #call: AppendCall
  readonly #appender: Appender
  readonly #budget: ByteBudget
  readonly #memory: Pick<YoungMemory, 'shortLived'>
  /** Results that wait to be sent, and those that are on their way. */
  #done: Done[] = []
  #sent: Done[] | null = null
  #underWay = 0
  #bytes = 0
  #isPaused = false
  #isWaiting = false
  #hasEnded = false
  #isClosed = false

  constructor(call: AppendCall, { appender, budget, memory }: AppendStreamOptions) {
    this.#call = call
    this.#appender = appender
    this.#budget = budget
    this.#memory = memory
    call.on('data', (appends: StreamAppendMessage[] | Malformed) => this.#receive(appends))
    call.on('end', () => {
      this.#hasEnded = true
      this.#finishIfDone()
    })
    call.on('cancelled', () => this.#close())
    call.on('error', () => this.#close())
  }

  /** Ends the stream at once; what is under way is appended but not answered. */
  abort(error: unknown): void {
    if (this.#isClosed) return
    this.#close()
    this.#call.emit('error', statusOf(error))
  }

  #receive(appends: StreamAppendMessage[] | Malformed): void {
    if (this.#isClosed) return
    try {
      for (const { id, append } of wellFormed(appends)) this.#start(id, append)
    } catch (error) {
      return this.abort(error)
    }
    this.#pauseIfFull()
  }

  #start(id: number, append: StreamAppendMessage['append']): void {
    const sizeBytes = bytesOf(append) + overheadBytes
    this.#underWay++
    this.#bytes += sizeBytes
    this.#budget.take(sizeBytes)
    this.#memory.shortLived(sizeBytes)
    void this.#appender.append(append).then(
      (appended) => this.#finish({ result: { id, appended }, sizeBytes }),
      (error: unknown) => this.#finish({ result: { id, error: failureOf(error) }, sizeBytes }),
    )
  }

  #pauseIfFull(): void {
    if (this.#isPaused || this.#hasRoom()) return
    this.#isPaused = true
    this.#call.pause()
    this.#resumeIfRoom()
  }

  #hasRoom(): boolean {
    return this.#bytes <= streamAppendBytesMax && !this.#budget.isSpent
  }

  /** Called whenever something has been given back. */
  #resumeIfRoom(): void {
    if (!this.#isPaused || this.#isClosed) return
    if (this.#hasRoom()) {
      this.#isPaused = false
      this.#call.resume()
    } else if (this.#budget.isSpent && !this.#isWaiting) {
      this.#isWaiting = true
      this.#budget.wait(() => {
        this.#isWaiting = false
        this.#resumeIfRoom()
      })
    }
  }

  #finish(done: Done): void {
    if (this.#isClosed) return this.#release([done])
    this.#done.push(done)
    // Whatever is done in this turn goes in one message.
    if (this.#sent === null && this.#done.length === 1) setImmediate(() => this.#send())
  }

  #send(): void {
    if (this.#sent !== null || this.#isClosed || this.#done.length === 0) return
    const sent = this.#done
    this.#sent = sent
    this.#done = []
    this.#call.write({ results: sent.map(({ result }) => result) }, () => {
      // A stream that was closed meanwhile has given them back.
      if (this.#isClosed) return
      this.#sent = null
      this.#release(sent)
      this.#send()
      this.#resumeIfRoom()
      this.#finishIfDone()
    })
  }

  #release(done: readonly Done[]): void {
    for (const { sizeBytes } of done) {
      this.#underWay--
      this.#bytes -= sizeBytes
      this.#budget.give(sizeBytes)
    }
  }

  #finishIfDone(): void {
    if (!this.#hasEnded || this.#underWay > 0 || this.#isClosed) return
    this.#isClosed = true
    this.#call.end()
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#release([...this.#done.splice(0), ...(this.#sent ?? [])])
    this.#sent = null
  }
}

/** The objects of one append, roughly. */
const overheadBytes = 512

function bytesOf({ batch, records }: StreamAppendMessage['append']): number {
  return (batch ?? records)?.length ?? 0
}
