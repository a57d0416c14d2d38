// What one input costs: processor time of this thread, and memory, by what was allocated and by the
// highest water mark of the process, which no collection can hide.

import { getHeapStatistics } from 'node:v8'
import { BrokenPromiseError, type Limits, type OpenTarget } from './target.ts'

/** A collection, or another process, may fall into one run; not into three. */
const tries = 3

interface Cost {
  readonly cpuMs: number
  readonly memoryBytes: number
}

/** Runs one input and throws if it broke a promise, or costs too much three times in a row. */
export async function judge(target: OpenTarget, input: Buffer, limits: Limits): Promise<void> {
  let cost = await costOf(target, input)
  for (let again = 1; again < tries && excess(cost, limits) !== null; again++) {
    const next = await costOf(target, input)
    cost = {
      cpuMs: Math.min(cost.cpuMs, next.cpuMs),
      // The high water mark does not come back: once is enough for that.
      memoryBytes: Math.max(cost.memoryBytes, next.memoryBytes),
    }
  }
  const reason = excess(cost, limits)
  if (reason !== null) throw new BrokenPromiseError(`${input.length} bytes cost ${reason}`)
}

function excess({ cpuMs, memoryBytes }: Cost, limits: Limits): string | null {
  if (cpuMs > limits.cpuMsMax) return `${cpuMs.toFixed(0)} ms of the processor`
  if (memoryBytes > limits.memoryBytesMax) return `${(memoryBytes / 2 ** 20).toFixed(0)} MiB`
  return null
}

async function costOf(target: OpenTarget, input: Buffer): Promise<Cost> {
  const highWaterBytes = process.resourceUsage().maxRSS * 1024
  const heapBytes = allocatedBytes()
  const startedUs = cpuUs()
  await target.run(input)
  return {
    cpuMs: (cpuUs() - startedUs) / 1_000,
    memoryBytes: Math.max(
      allocatedBytes() - heapBytes,
      process.resourceUsage().maxRSS * 1024 - highWaterBytes,
    ),
  }
}

function allocatedBytes(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics()
  return heap + external
}

function cpuUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}
